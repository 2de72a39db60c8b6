import type { Codec } from '../../bytes/codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'

/** The value of a row whose key says all. */
export type Presence = true

const VERSION = 1

export const presenceCodec: Codec<Presence> = {
  encode(_value, into) {
    into.u8(VERSION)
  },
  decode(from) {
    checkVersion(from, 'presence', VERSION)
    return true
  },
}
