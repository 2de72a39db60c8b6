import type { Codec } from '../../bytes/codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'

/** What is known of a value without reading its posting list. */
export interface PostingHead {
  /** At least 1. */
  readonly holders: number
  /** So many hold it that sharing it says nothing. */
  readonly isGeneric: boolean
}

/**
 * Whether a value is generic once so many hold it: from more than `limit` holders on, until fewer
 * than half of it are left. In between it stays what it was, so a holder that comes and goes cannot
 * merge and un-merge all others each time.
 */
export function isGenericAfter(wasGeneric: boolean, holders: number, limit: number): boolean {
  return wasGeneric ? holders * 2 >= limit : holders > limit
}

/** Whether a value became generic with a change, or specific again. */
export type Crossing = 'generic' | 'specific' | null

export function crossing(wasGeneric: boolean, isGeneric: boolean): Crossing {
  if (wasGeneric === isGeneric) return null
  return isGeneric ? 'generic' : 'specific'
}

const VERSION = 1

/** `01, varint holders × 2 + generic` */
export const postingHeadCodec: Codec<PostingHead> = {
  encode({ holders, isGeneric }, into) {
    into.u8(VERSION)
    into.varint(holders * 2 + (isGeneric ? 1 : 0))
  },
  decode(from) {
    checkVersion(from, 'posting head', VERSION)
    const packed = from.varint()
    const isGeneric = packed % 2 === 1
    return { holders: (packed - (isGeneric ? 1 : 0)) / 2, isGeneric }
  },
}
