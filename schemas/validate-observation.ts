import { DeserializationError } from './errors.ts'
import type { IdentityObservation, Observation } from './records.ts'
import { received } from './received.ts'

/**
 * What the content of an observation must be beyond its types, in one place for Avro, JSON and
 * HTTP. Lengths of texts are checked before (text-limits.ts), values by observed-value.ts.
 */

/** Seconds: the year 5138. Anything beyond is milliseconds taken for seconds. */
const TS_END = 1e11

type Checked<T, K extends keyof T> = Pick<T, K>

/** @throws {DeserializationError} names the first field that does not hold */
export function validateObservation(
  record: Checked<
    Observation,
    'attacker_uuid' | 'id' | 'v' | 'ts' | 'primitive' | 'confidence' | 'window' | 'evidence_ref'
  >,
): void {
  checkId(record.attacker_uuid, 'attacker_uuid')
  checkReference(record.id, 'id')
  if (record.evidence_ref !== null) checkReference(record.evidence_ref, 'evidence_ref')
  checkVersion(record.v)
  checkTs(record.ts, 'ts')
  checkPrimitive(record.primitive)
  checkConfidence(record.confidence)
  const { start_ts, end_ts } = record.window
  checkFinite(start_ts, 'window.start_ts')
  checkFinite(end_ts, 'window.end_ts')
  if (end_ts < start_ts) {
    throw new DeserializationError('window.end_ts', `start_ts ${start_ts} or later`, `${end_ts}`)
  }
}

/** @throws {DeserializationError} names the first field that does not hold */
export function validateIdentityObservation(
  record: Checked<
    IdentityObservation,
    'identity_uuid' | 'attacker_uuid' | 'v' | 'ts' | 'primitive' | 'confidence'
  >,
): void {
  checkId(record.identity_uuid, 'identity_uuid')
  checkId(record.attacker_uuid, 'attacker_uuid')
  checkVersion(record.v)
  checkTs(record.ts, 'ts')
  checkPrimitive(record.primitive)
  checkConfidence(record.confidence)
}

/** C0, DEL and C1; and U+FFFD, which stands where bytes were not UTF-8. */
const FORBIDDEN_IN_ID = /[\u0000-\u001f\u007f-\u009f\ufffd]/

/**
 * Ids become keys of stores, joined by a byte 0, and lines of logs: no control characters. Of ids
 * with U+FFFD two that differed might fall together.
 */
export function checkId(id: string, field: string): void {
  if (FORBIDDEN_IN_ID.test(id)) {
    throw new DeserializationError(field, 'text without control characters', received(id))
  }
}

const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/

/** References end a store's key; other than ids they are not names, so U+FFFD may stand. */
function checkReference(reference: string, field: string): void {
  if (CONTROL_CHARACTER.test(reference)) {
    throw new DeserializationError(field, 'text without control characters', received(reference))
  }
}

export function checkTs(ts: number, field: string): void {
  if (ts >= 0 && ts < TS_END) return
  throw new DeserializationError(field, 'seconds since the epoch, 0 to 1e11', String(ts))
}

function checkVersion(v: number): void {
  if (v !== 1) throw new DeserializationError('v', '1', String(v))
}

/** Names seen to be good: a few dozen stand in nearly all records. */
const knownPrimitives = new Set<string>()
const KNOWN_PRIMITIVES_MAX = 4_096

/** Two or three segments, none empty. */
function checkPrimitive(primitive: string): void {
  if (knownPrimitives.has(primitive)) return
  checkId(primitive, 'primitive')
  const segments = primitive.split('.')
  if (segments.length < 2 || segments.length > 3 || segments.includes('')) {
    throw new DeserializationError('primitive', '2 or 3 dotted segments', received(primitive))
  }
  // Bounded, since names come from outside: the first to come are those that matter.
  if (knownPrimitives.size < KNOWN_PRIMITIVES_MAX) knownPrimitives.add(primitive)
}

export function checkConfidence(confidence: number): void {
  if (confidence >= 0 && confidence <= 1) return
  throw new DeserializationError('confidence', 'a ratio, 0 to 1', String(confidence))
}

function checkFinite(value: number, field: string): void {
  if (!Number.isFinite(value)) throw new DeserializationError(field, 'a number', String(value))
}
