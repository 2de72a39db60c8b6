import type { Codec } from '../../bytes/codec.ts'
import type { Cause } from '../../schemas/records.ts'
import { readCause, writeCause } from './codecs/cause-codec.ts'
import { readSeconds, writeSeconds } from './codecs/seconds-codec.ts'
import { checkVersion } from './codecs/version.ts'

/** A row of `identity-members`: an attacker that belongs to an identity. */
export interface IdentityMember {
  /** When the attacker was first seen, epoch seconds. */
  readonly firstSeen: number
  /** Its newest observation known when the row was written. */
  readonly updatedTs: number
  /** Why it belongs there. */
  readonly cause: Cause
}

const VERSION = 1

/** `01, first seen seconds, updated seconds, cause u8` */
export const identityMemberCodec: Codec<IdentityMember> = {
  encode({ firstSeen, updatedTs, cause }, into) {
    into.u8(VERSION)
    writeSeconds(into, firstSeen)
    writeSeconds(into, updatedTs)
    writeCause(into, cause)
  },
  decode(from) {
    checkVersion(from, 'identity member', VERSION)
    return { firstSeen: readSeconds(from), updatedTs: readSeconds(from), cause: readCause(from) }
  },
}
