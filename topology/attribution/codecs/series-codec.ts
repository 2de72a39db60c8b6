import type { ByteReader } from '../../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import type { HashWindow } from '../hash-window.ts'
import type { MergerKind } from '../primitives.ts'
import { CAPACITY, type Series } from '../series.ts'
import type { HashToken } from '../value.ts'
import { isSameValue } from '../value.ts'
import { readByteString, writeByteString } from './byte-string-codec.ts'
import { readSeconds, wholeMilliseconds, writeSeconds } from './seconds-codec.ts'
import { readValue, writeValue } from './value-codec.ts'

/**
 * A series in bytes. Attackers and values repeat, so each stands once, and the observations name
 * it by number; with one attacker, or one value, the numbers are left out.
 *
 *     series    := head u8, count varint, times, attackers, seqs, values, [window]
 *     head      := bits 0–3 n, 4–5 kind (0 categorical, 1 numeric, 2 hash), 6 times are doubles
 *     times     := varint ms, (n − 1) × varint ms more     oldest first, all whole milliseconds
 *                | n × f64
 *     attackers := u8 k, k × byte string, [k > 1: n × u8]
 *     seqs      := varint, (n − 1) × zigzag varint difference
 *     values    := u8 k, k × value, [k > 1: n × u8]
 *     window    := varint k, k × (value, seconds)          hash only, oldest first
 *
 * Of an empty series there are only head and count.
 */
const KINDS: readonly MergerKind[] = ['categorical', 'numeric', 'hash']
const KIND_CODES: Readonly<Record<MergerKind, number>> = { categorical: 0, numeric: 1, hash: 2 }
const DOUBLES = 0x40
const LENGTH_MAX = 10
const VARINT_BYTES_MAX = 8

/** Scratch of one call: encoding is synchronous and does not nest. */
const milliseconds = new Float64Array(LENGTH_MAX)
const numbers = new Uint8Array(LENGTH_MAX)
const distinct: unknown[] = new Array<unknown>(LENGTH_MAX).fill(null)

export function writeSeries(into: ByteWriter, series: Series): void {
  const n = series.length
  const asDoubles = !areWholeMilliseconds(series)
  into.u8(n | (KIND_CODES[series.kind] << 4) | (asDoubles ? DOUBLES : 0))
  into.varint(series.count)
  if (n === 0) return
  if (asDoubles) for (let i = 0; i < n; i++) into.f64(series.ts[i]!)
  else writeMilliseconds(into, n)
  writeAttackers(into, series.attackers, n)
  writeSeqs(into, series.seqs, n)
  writeValues(into, series.values, n)
  if (series.hashes !== null) writeWindow(into, series.hashes)
}

function areWholeMilliseconds({ ts, length }: Series): boolean {
  for (let i = 0; i < length; i++) {
    const ms = wholeMilliseconds(ts[i]!)
    if (ms < 0) return false
    milliseconds[i] = ms
  }
  return true
}

/** Inlined varints: the times are a third of a row's bytes. */
function writeMilliseconds(into: ByteWriter, n: number): void {
  into.varint(milliseconds[0]!)
  into.reserve(n * VARINT_BYTES_MAX)
  const { buffer } = into
  let position = into.position
  for (let i = 1; i < n; i++) {
    let rest = milliseconds[i]! - milliseconds[i - 1]!
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128))
      buffer[position++] = (rest % 128) | 0x80
    for (; rest > 0x7f; rest >>>= 7) buffer[position++] = (rest & 0x7f) | 0x80
    buffer[position++] = rest
  }
  into.position = position
}

function writeAttackers(into: ByteWriter, attackers: readonly string[], n: number): void {
  const first = attackers[0]!
  let same = 1
  while (same < n && attackers[same] === first) same++
  if (same === n) {
    into.u8(1)
    writeByteString(into, first)
    return
  }
  let k = 0
  for (let i = 0; i < n; i++) {
    const attacker = attackers[i]!
    let number = 0
    while (number < k && distinct[number] !== attacker) number++
    if (number === k) distinct[k++] = attacker
    numbers[i] = number
  }
  into.u8(k)
  for (let i = 0; i < k; i++) writeByteString(into, distinct[i] as string)
  writeNumbers(into, n)
}

function writeValues(into: ByteWriter, values: Series['values'], n: number): void {
  let k = 0
  for (let i = 0; i < n; i++) {
    const value = values[i]!
    let number = 0
    while (number < k && !isSameValue(distinct[number] as typeof value, value)) number++
    if (number === k) distinct[k++] = value
    numbers[i] = number
  }
  into.u8(k)
  for (let i = 0; i < k; i++) writeValue(into, distinct[i] as (typeof values)[number])
  if (k > 1) writeNumbers(into, n)
}

function writeNumbers(into: ByteWriter, n: number): void {
  into.reserve(n)
  const { buffer } = into
  let position = into.position
  for (let i = 0; i < n; i++) buffer[position++] = numbers[i]!
  into.position = position
}

function writeSeqs(into: ByteWriter, seqs: readonly number[], n: number): void {
  let previous = seqs[0]!
  into.varint(previous)
  for (let i = 1; i < n; i++) {
    const seq = seqs[i]!
    into.varint(zigzagOf(seq - previous))
    previous = seq
  }
}

export function zigzagOf(difference: number): number {
  return difference < 0 ? -2 * difference - 1 : 2 * difference
}

export function differenceOf(zigzag: number): number {
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
}

function writeWindow(into: ByteWriter, window: HashWindow): void {
  const { tokens, ts } = window
  into.varint(tokens.length)
  for (let i = 0; i < tokens.length; i++) {
    writeValue(into, tokens[i]!)
    writeSeconds(into, ts[i]!)
  }
}

/**
 * Reads a series into the structure given.
 * @throws {CorruptBytesError} no series starts here
 */
export function readSeries(from: ByteReader, into: Series): void {
  const head = from.u8()
  const n = head & 0x0f
  const kind = KINDS[(head >>> 4) & 0x03]
  if (kind === undefined || n > CAPACITY[kind]) {
    throw new CorruptBytesError(`series head ${head}`, from.position, from.end)
  }
  into.clear(kind)
  into.count = from.varint()
  into.length = n
  if (n === 0) return
  if ((head & DOUBLES) !== 0) for (let i = 0; i < n; i++) into.ts[i] = from.f64()
  else readMilliseconds(from, n, into.ts)
  readRepeated(from, n, readByteString, into.attackers)
  readSeqs(from, n, into.seqs)
  readRepeated(from, n, readValue, into.values)
  if (kind === 'hash') into.hashes = readWindow(from)
}

function readMilliseconds(from: ByteReader, n: number, ts: number[]): void {
  let ms = from.varint()
  ts[0] = ms / 1000
  for (let i = 1; i < n; i++) {
    ms += readDifference(from)
    ts[i] = ms / 1000
  }
}

/** A varint, of which most are of one to four bytes. */
export function readDifference(from: ByteReader): number {
  const { buffer, position } = from
  if (position + 4 > from.end) return from.varint()
  let byte = buffer[position]!
  if (byte < 0x80) {
    from.position = position + 1
    return byte
  }
  let value = byte & 0x7f
  byte = buffer[position + 1]!
  value |= (byte & 0x7f) << 7
  if (byte < 0x80) {
    from.position = position + 2
    return value
  }
  byte = buffer[position + 2]!
  value |= (byte & 0x7f) << 14
  if (byte < 0x80) {
    from.position = position + 3
    return value
  }
  byte = buffer[position + 3]!
  if (byte >= 0x80) return from.varint()
  from.position = position + 4
  return value | (byte << 21)
}

function readRepeated<T>(
  from: ByteReader,
  n: number,
  read: (from: ByteReader) => T,
  into: T[],
): void {
  const k = from.u8()
  if (k > n) throw new CorruptBytesError(`${k} distinct of ${n}`, from.position, from.end)
  if (k === 1) {
    const item = read(from)
    for (let i = 0; i < n; i++) into[i] = item
    return
  }
  for (let i = 0; i < k; i++) distinct[i] = read(from)
  for (let i = 0; i < n; i++) {
    const number = from.u8()
    if (number >= k) throw new CorruptBytesError(`number ${number}`, from.position, from.end)
    into[i] = distinct[number] as T
  }
}

function readSeqs(from: ByteReader, n: number, seqs: number[]): void {
  let seq = from.varint()
  seqs[0] = seq
  for (let i = 1; i < n; i++) {
    seq += differenceOf(readDifference(from))
    seqs[i] = seq
  }
}

function readWindow(from: ByteReader): HashWindow {
  const length = from.varint()
  const tokens: HashToken[] = []
  const ts: number[] = []
  for (let i = 0; i < length; i++) {
    tokens.push(readValue(from) as HashToken)
    ts.push(readSeconds(from))
  }
  return { tokens, ts }
}
