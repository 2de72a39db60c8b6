import type { ByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import { CorruptBytesError } from '../../bytes/errors.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import { pairKey } from '../attribution/store-keys.ts'

/** A row of `identity-history`. */
export interface IdentityEvent {
  readonly type: IdentityEventType
  /**
   * formed: null. linked: the attacker. merged: the identity merged into; gained: the one merged
   * into this. unmerged: the identity it came from; lost: the one that went.
   */
  readonly other: string | null
  /** When the pass ran, epoch milliseconds. */
  readonly atMs: number
}

/** By number, kept in state: only ever added to. */
const TYPES = ['formed', 'linked', 'merged', 'unmerged', 'gained', 'lost'] as const

export type IdentityEventType = (typeof TYPES)[number]

/** Events of one identity that are kept, the newest. */
export const EVENTS_KEPT_MAX = 100

const NUMBER_DIGITS = 12

/** `identity, 00, number of the event in decimal`: key order is the order of events, from 1 on. */
export function identityEventKey(identity: ByteString, number: number): ByteString {
  return pairKey(identity, String(number).padStart(NUMBER_DIGITS, '0'))
}

const VERSION = 1
const NOBODY = ''

/** `01, type u8, other string (empty: nobody), at varint` */
export const identityEventCodec: Codec<IdentityEvent> = {
  encode({ atMs, other, type }, into) {
    into.u8(VERSION)
    into.u8(TYPES.indexOf(type))
    into.string(other ?? NOBODY)
    into.varint(atMs)
  },
  decode(from) {
    checkVersion(from, 'identity event', VERSION)
    const type = TYPES[from.u8()]
    if (type === undefined) throw new CorruptBytesError('identity event', from.position, from.end)
    const other = from.string()
    return { type, other: other === NOBODY ? null : other, atMs: from.varint() }
  },
}
