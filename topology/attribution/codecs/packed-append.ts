import type { ByteReader } from '../../../bytes/byte-reader.ts'
import type { ByteString } from '../../../bytes/byte-string.ts'
import type { ByteWriter } from '../../../bytes/byte-writer.ts'
import type { Value } from '../../../schemas/records.ts'
import { type Contributor, PUBLIC_SEQ_START } from '../contributor.ts'
import { mergeCategorical } from '../mergers/categorical.ts'
import type { OpenProfile } from '../open-profile.ts'
import { finishPacked, openPacked, startPacked } from '../packed-bytes.ts'
import { CAPACITY } from '../series.ts'
import { valueWords } from '../vocabulary.ts'
import { flagsOf, stateOf } from './profile-codec.ts'
import { readSeconds, wholeMilliseconds, writeSeconds } from './seconds-codec.ts'
import { differenceOf, readDifference, zigzagOf } from './series-codec.ts'
import { WORD, writeValue } from './value-codec.ts'

const LENGTH_MAX = CAPACITY.categorical

/** An ascending list of the old row that loses its first when it is full, and gains a last. */
interface Progression {
  first: number
  last: number
  /** Its differences, as bytes to be copied. */
  start: number
  end: number
}

/** Scratch of one call: `append` is synchronous and does not nest. */
const times: Progression = { first: 0, last: 0, start: 0, end: 0 }
const seqs: Progression = { first: 0, last: 0, start: 0, end: 0 }
/** Where the time of the last change and the attacker lie in the old row. */
const changed = { start: 0, end: 0 }
const attackers = { start: 0, end: 0 }
/** The series as the merger reads it: for values the tags of words, equal when the words are. */
const series = {
  kind: 'categorical' as const,
  count: 0,
  length: 0,
  hashes: null,
  values: new Array<Value>(LENGTH_MAX).fill(0),
}
const dictionary: Value[] = new Array<Value>(LENGTH_MAX).fill(0)
const numbers = new Uint8Array(LENGTH_MAX)

/**
 * Appends an observation to a packed profile and evaluates it, without unpacking: the hot path.
 *
 * Nearly every observation is the newest of a categorical series of one attacker, its time a whole
 * millisecond and its value a word of the vocabulary. Then most bytes of the new row are the old
 * one's, and the merger compares one-byte tags instead of values. Everything else is refused here
 * and takes the way through {@link OpenProfile}, which this one equals byte for byte (a property
 * test holds it). It takes two thirds of the time, and leaves less for the garbage collector.
 *
 * @param seq null: the next of `identity.observation`
 * @param row takes the new row, but for the time of the last change; its series is not touched
 * @returns the new profile, packed; null: refused
 */
export function append(
  packed: ByteString,
  contributor: Contributor,
  attacker: ByteString,
  ts: number,
  seq: number | null,
  value: Value,
  row: OpenProfile,
): ByteString | null {
  const code = typeof value === 'string' ? valueWords.codeOf(value) : -1
  const ms = wholeMilliseconds(ts)
  if (code < 0 || ms < 0) return null
  const from = openPacked(packed)
  if (!readSimple(from, contributor, attacker)) return null
  const newSeq = seq ?? PUBLIC_SEQ_START + series.count
  if (ms < times.last || (ms === times.last && newSeq < seqs.last)) return null

  series.count++
  if (series.length < LENGTH_MAX) series.length++
  // Not `copyWithin`: on arrays it costs as much as all the rest.
  else for (let i = 1; i < LENGTH_MAX; i++) series.values[i - 1] = series.values[i]!
  series.values[series.length - 1] = WORD + code
  const { state, currentValue, confidence } = mergeCategorical(series)

  const into = startPacked()
  into.u8(flagsOf(state, contributor))
  if (state === stateOf(from.buffer[0]!)) copy(from, changed, into)
  else writeSeconds(into, ts)
  into.u8(series.length)
  into.varint(series.count)
  into.varint(times.first)
  copy(from, times, into)
  into.varint(ms - times.last)
  copy(from, attackers, into)
  into.varint(seqs.first)
  copy(from, seqs, into)
  into.varint(zigzagOf(newSeq - seqs.last))
  writeTags(into)
  into.u8(placeOf(currentValue))
  writeValue(into, confidence)

  row.state = state
  row.currentValue = valueWords.wordOf((currentValue as number) - WORD)!
  row.confidence = confidence
  row.observationCount = series.count
  row.lastObservationTs = ts
  return finishPacked()
}

/** Finds the parts of a profile of the simple form; @returns false: it is none */
function readSimple(from: ByteReader, contributor: Contributor, attacker: ByteString): boolean {
  const flags = from.u8()
  const state = stateOf(flags)
  if (state === undefined || state === null || flags !== flagsOf(state, contributor)) return false
  changed.start = from.position
  readSeconds(from)
  changed.end = from.position
  // The head is the length alone when the series is categorical and its times are milliseconds.
  const length = from.u8()
  if (length === 0 || length > LENGTH_MAX) return false
  series.length = length
  series.count = from.varint()
  readProgression(from, length, false, times)
  if (!isOf(from, attacker)) return false
  readProgression(from, length, true, seqs)
  return readTags(from, length)
}

function readProgression(from: ByteReader, n: number, isZigzag: boolean, into: Progression): void {
  let last = from.varint()
  into.first = last
  into.start = from.position
  for (let i = 1; i < n; i++) {
    const difference = readDifference(from)
    if (!isZigzag) last += difference
    else last += (difference & 1) === 0 ? difference / 2 : differenceOf(difference)
    if (i === 1 && n === LENGTH_MAX) {
      into.first = last
      into.start = from.position
    }
  }
  into.last = last
  into.end = from.position
}

/** True when the series is this attacker's alone. */
function isOf(from: ByteReader, attacker: ByteString): boolean {
  const { buffer, position } = from
  const { length } = attacker
  // One attacker; its length in one byte.
  if (buffer[position] !== 1 || length > 0x7f || buffer[position + 1] !== length) return false
  const start = position + 2
  for (let i = 0; i < length; i++) if (buffer[start + i] !== attacker.charCodeAt(i)) return false
  attackers.start = position
  attackers.end = start + length
  from.position = attackers.end
  return true
}

/** @returns false: some value is no word */
function readTags(from: ByteReader, length: number): boolean {
  const { values } = series
  const { buffer } = from
  let position = from.position
  const k = buffer[position++]!
  for (let i = 0; i < k; i++) {
    const tag = buffer[position++]!
    if (tag < WORD) return false
    dictionary[i] = tag
  }
  if (k === 1) for (let i = 0; i < length; i++) values[i] = dictionary[0]!
  else for (let i = 0; i < length; i++) values[i] = dictionary[buffer[position++]!]!
  return true
}

function writeTags(into: ByteWriter): void {
  const { length, values } = series
  let k = 0
  for (let i = 0; i < length; i++) {
    let number = 0
    while (number < k && dictionary[number] !== values[i]) number++
    if (number === k) dictionary[k++] = values[i]!
    numbers[i] = number
  }
  into.u8(k)
  for (let i = 0; i < k; i++) into.u8(dictionary[i] as number)
  if (k > 1) for (let i = 0; i < length; i++) into.u8(numbers[i]!)
}

/** 1 + index of the last observation with this value. */
function placeOf(tag: Value): number {
  let place = series.length
  while (series.values[place - 1] !== tag) place--
  return place
}

function copy(from: ByteReader, range: { start: number; end: number }, into: ByteWriter): void {
  const { end, start } = range
  into.reserve(end - start)
  const source = from.buffer
  const { buffer } = into
  let position = into.position
  for (let i = start; i < end; i++) buffer[position++] = source[i]!
  into.position = position
}
