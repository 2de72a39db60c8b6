import type { ByteReader } from '../../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../../bytes/byte-writer.ts'

/**
 * Times in epoch seconds, exact to the bit.
 *
 *     seconds := varint 2·ms       whole milliseconds from 0 on: most sensors' clocks
 *              | 01 f64            anything else
 */
const DOUBLE_FOLLOWS = 1
/** Twice this still is a safe integer. */
const MS_MAX = 2 ** 52 - 1

/** Whole milliseconds that give back exactly this time; −1: none do. */
export function wholeMilliseconds(seconds: number): number {
  const ms = Math.round(seconds * 1000)
  return ms >= 0 && ms <= MS_MAX && ms / 1000 === seconds ? ms : -1
}

export function writeSeconds(into: ByteWriter, seconds: number): void {
  const ms = wholeMilliseconds(seconds)
  if (ms >= 0) {
    into.varint(ms * 2)
    return
  }
  into.varint(DOUBLE_FOLLOWS)
  into.f64(seconds)
}

export function readSeconds(from: ByteReader): number {
  const head = from.varint()
  return head % 2 === 0 ? head / 2 / 1000 : from.f64()
}
