import type { ByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import { readByteString, writeByteString } from '../attribution/codecs/byte-string-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import type { CampaignMember } from './campaign-member.ts'

/** Where an identity stood, or stands; see `CampaignMember`. Both null: it is not known. */
export interface Standing {
  /** The root of its component; null: it is in none. */
  readonly root: ByteString | null
  /** The identity it was merged into; null: it was not. */
  readonly mergedInto: ByteString | null
}

export const NOT_KNOWN: Standing = { root: null, mergedInto: null }

export function standingOf(member: CampaignMember | undefined): Standing {
  if (member === undefined) return NOT_KNOWN
  const { mergedInto, root } = member
  return mergedInto === null ? { root, mergedInto } : { root: null, mergedInto }
}

const VERSION = 1
const NONE: ByteString = ''

/** `01, root byte string (empty: null), merged into byte string (empty: null)` */
export const standingCodec: Codec<Standing> = {
  encode({ mergedInto, root }, into) {
    into.u8(VERSION)
    writeByteString(into, root ?? NONE)
    writeByteString(into, mergedInto ?? NONE)
  },
  decode(from) {
    checkVersion(from, 'standing', VERSION)
    const root = readByteString(from)
    const mergedInto = readByteString(from)
    return { root: root || null, mergedInto: mergedInto || null }
  },
}
