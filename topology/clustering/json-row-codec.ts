import type { Codec } from '../../bytes/codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'

const VERSION = 1

/**
 * `01, JSON string`: for rows of the reference policy, which nobody has many of.
 * @param what named when a row of another version is met
 */
export function jsonRowCodec<Row>(what: string): Codec<Row> {
  return {
    encode(row, into) {
      into.u8(VERSION)
      into.string(JSON.stringify(row))
    },
    decode(from) {
      checkVersion(from, what, VERSION)
      return JSON.parse(from.string()) as Row
    },
  }
}
