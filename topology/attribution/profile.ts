import type { ByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import type { State, Value } from '../../schemas/records.ts'
import { readRawByteString, writeRawByteString } from './codecs/byte-string-codec.ts'
import { readProfile, stateOf, writeProfile } from './codecs/profile-codec.ts'
import { checkVersion } from './codecs/version.ts'
import { OpenProfile } from './open-profile.ts'
import { finishPacked, openPacked, startPacked } from './packed-bytes.ts'

const scratch = new OpenProfile()

/**
 * A row of `attribution-profiles`: a profile, packed (layout: codecs/profile-codec.ts), whose row
 * can be read field by field. Immutable.
 */
export class Profile {
  readonly packed: ByteString

  constructor(packed: ByteString) {
    this.packed = packed
  }

  static of(profile: OpenProfile): Profile {
    writeProfile(startPacked(), profile)
    return new Profile(finishPacked())
  }

  /** Reads all of it into the structure given. */
  open(into: OpenProfile): OpenProfile {
    readProfile(openPacked(this.packed), into)
    return into
  }

  /** Null: no row to see yet (reference policy only). */
  get state(): State | null {
    return this.open(scratch).state
  }

  get currentValue(): Value {
    return this.open(scratch).currentValue
  }

  get confidence(): number {
    return this.open(scratch).confidence
  }

  get observationCount(): number {
    return this.open(scratch).observationCount
  }

  get lastChangeTs(): number {
    return this.open(scratch).lastChangeTs
  }

  get lastObservationTs(): number {
    return this.open(scratch).lastObservationTs
  }
}

/** The state of a packed profile, read from its first byte. */
export function stateOfPacked(packed: ByteString): State | null {
  return stateOf(packed.charCodeAt(0)) ?? null
}

const VERSION = 1

/** A version byte, then the profile to the end. */
export const profileCodec: Codec<Profile> = {
  encode(profile, into) {
    into.u8(VERSION)
    writeRawByteString(into, profile.packed)
  },
  decode(from) {
    checkVersion(from, 'profile', VERSION)
    return new Profile(readRawByteString(from, from.remaining))
  },
}
