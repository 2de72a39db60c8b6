import type { ByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import { readByteString, writeByteString } from '../attribution/codecs/byte-string-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'

/** A row of `identity-evidence`: what is known of a value without reading its posting list. */
export interface EvidenceHead {
  /** Attackers that hold the value, at least 1. */
  readonly holders: number
  /** Sharing it alone makes no edge: see {@link isGenericAfter}. */
  readonly isGeneric: boolean
  /** One of the holders. Not kept of a generic value: nobody asks. */
  readonly holder: ByteString
}

export const NO_HOLDER: ByteString = ''

/**
 * Whether a value is generic once so many hold it: from more than `limit` holders on, until fewer
 * than half of it are left. In between it stays what it was, so a holder that comes and goes cannot
 * merge and un-merge all others each time.
 */
export function isGenericAfter(wasGeneric: boolean, holders: number, limit: number): boolean {
  return wasGeneric ? holders * 2 >= limit : holders > limit
}

const VERSION = 1

/** `01, varint holders × 2 + generic, holder` */
export const evidenceHeadCodec: Codec<EvidenceHead> = {
  encode({ holder, holders, isGeneric }, into) {
    into.u8(VERSION)
    into.varint(holders * 2 + (isGeneric ? 1 : 0))
    writeByteString(into, holder)
  },
  decode(from) {
    checkVersion(from, 'evidence head', VERSION)
    const packed = from.varint()
    const isGeneric = packed % 2 === 1
    return { holders: (packed - (isGeneric ? 1 : 0)) / 2, isGeneric, holder: readByteString(from) }
  },
}
