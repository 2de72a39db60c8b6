import type { Codec } from '../../bytes/codec.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'

/** A row of `campaigns`, as announced last. Times are epoch seconds. */
export interface CampaignRow {
  /** The identity whose campaign it is. */
  readonly identity: string
  /**
   * The campaign it was merged into, which may itself have been merged: that of its component's
   * root, or, when its identity was merged out, that of the identity it was merged into.
   */
  readonly mergedInto: string | null
  readonly firstSeen: number
  /** When its members, or what is known of them, last changed: the clock of that pass. */
  readonly updatedTs: number
  /** Identities in it; 0 when merged. */
  readonly identities: number
}

const VERSION = 1
const NONE = ''

/** `01, identity string, merged into string (empty: null), first seen, updated, varint identities` */
export const campaignRowCodec: Codec<CampaignRow> = {
  encode({ firstSeen, identities, identity, mergedInto, updatedTs }, into) {
    into.u8(VERSION)
    into.string(identity)
    into.string(mergedInto ?? NONE)
    writeSeconds(into, firstSeen)
    writeSeconds(into, updatedTs)
    into.varint(identities)
  },
  decode(from) {
    checkVersion(from, 'campaign', VERSION)
    return {
      identity: from.string(),
      mergedInto: from.string() || null,
      firstSeen: readSeconds(from),
      updatedTs: readSeconds(from),
      identities: from.varint(),
    }
  },
}
