import type { Codec } from '../../bytes/codec.ts'
import type { Value } from '../../schemas/records.ts'
import { readSeconds, writeSeconds } from './codecs/seconds-codec.ts'
import { readValue, writeValue } from './codecs/value-codec.ts'
import { checkVersion } from './codecs/version.ts'

/** A row of `attacker-observations`: an observation as it was last written under its reference. */
export interface ObservationRow {
  /** Epoch seconds. */
  readonly ts: number
  /** Place among the attacker's observations of the primitive; an overwrite keeps it. */
  readonly seq: number
  /** As observed, not coerced. */
  readonly value: Value
  readonly confidence: number
  /** Place in the expiry queue; 0: kept for ever. */
  readonly expirySlot: number
}

const VERSION = 1

/** `01, seconds, seq varint, value, confidence value, expiry slot varint` */
export const observationRowCodec: Codec<ObservationRow> = {
  encode(row, into) {
    into.u8(VERSION)
    writeSeconds(into, row.ts)
    into.varint(row.seq)
    writeValue(into, row.value)
    writeValue(into, row.confidence)
    into.varint(row.expirySlot)
  },
  decode(from) {
    checkVersion(from, 'observation row', VERSION)
    return {
      ts: readSeconds(from),
      seq: from.varint(),
      value: readValue(from),
      confidence: readValue(from) as number,
      expirySlot: from.varint(),
    }
  },
}
