import { v5 as uuidV5 } from 'uuid'
import type { Value } from '../../schemas/records.ts'
import { StructuredValue } from '../../schemas/structured-value.ts'
import { InvalidValueError } from './errors.ts'
import type { MergerKind } from './primitives.ts'

/**
 * Observed values as the mergers compare them.
 *
 * V1. `true` equals `1` and `1.0`, `false` equals `0`; text never equals a number; `null` is an
 *     ordinary value; lists and objects are equal when their canonical JSON is.
 * V2. What a merger reports is the value as observed, so two equal values may differ in form.
 */

/** True when two values count as one (V1). */
export function isEqualValue(a: Value, b: Value): boolean {
  if (a === b) return true
  // Text that is not identical is not equal: by far the most frequent pair.
  if (typeof a === 'string' || typeof b === 'string') return false
  if (a instanceof StructuredValue) return b instanceof StructuredValue && a.json === b.json
  if (a === null || b === null || b instanceof StructuredValue) return false
  return Number(a) === Number(b)
}

/** True when two values are the same in form too: `1` is not `true`. */
export function isSameValue(a: Value, b: Value): boolean {
  if (a === b) return true
  return a instanceof StructuredValue && b instanceof StructuredValue && a.json === b.json
}

/** Stands for a value in a set of distinct hashes; equal tokens exactly for equal values. */
export type HashToken = string | number

/** Longest text that is its own token: 64 hexadecimal digits, an SHA-256. */
const PLAIN_TOKEN_LENGTH_MAX = 64
const TEXT_MARK = '\u0000t'
const STRUCTURE_MARK = '\u0000j'
/** Any fixed UUID would do; it only has to stay the same, since tokens are kept in state. */
const TOKEN_NAMESPACE = 'b8a3c1a2-51c7-4c5e-9d0a-6a1f0e6f7d11'

/**
 * The token of a non-null value. A hash primitive may hold any value an attacker sends, up to 8 KiB
 * of it, and a series remembers up to 1,025: so what is longer than a real hash stands as a digest.
 */
export function hashToken(value: NonNullable<Value>): HashToken {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'string') {
    if (value.length <= PLAIN_TOKEN_LENGTH_MAX && value.charCodeAt(0) !== 0) return value
    return TEXT_MARK + uuidV5(value, TOKEN_NAMESPACE)
  }
  return STRUCTURE_MARK + uuidV5(value.json, TOKEN_NAMESPACE)
}

/** Orders tokens totally: numbers before texts. */
export function isTokenBefore(a: HashToken, b: HashToken): boolean {
  if (typeof a === typeof b) return a < b
  return typeof a === 'number'
}

/**
 * The value as a series of this kind keeps it: numbers for numeric series, else as observed.
 * @throws {InvalidValueError} the observation must not enter any state
 */
export function seriesValue(kind: MergerKind, value: Value): Value {
  if (kind === 'numeric') return numericValue(value)
  if (typeof value !== 'number' || Number.isFinite(value)) return value
  throw new InvalidValueError('a number that is not finite')
}

/**
 * Coerces as the reference does: null is 0, booleans are 0 and 1, text is read like Python's
 * `float`: white space around it, exponents, and single underscores between digits. Differs on
 * purpose: non-finite numbers, and text and structures that the reference raises on, are refused
 * here once, instead of raising at every later observation of the series.
 */
export function numericValue(value: Value): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (value === null) return 0
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'string') return parseFloatText(value)
  if (typeof value === 'number') throw new InvalidValueError('a number that is not finite')
  throw new InvalidValueError('a list or object where a number belongs')
}

const DIGITS = String.raw`\d+(?:_\d+)*`
const FLOAT = new RegExp(
  `^[+-]?(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`,
)
/** Python strips these; JavaScript's `trim` lacks the first five and adds U+FEFF. */
const WHITE_SPACE = String.raw`[\u001c-\u001f\u0085\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`
const LEADING_SPACE = new RegExp(`^${WHITE_SPACE}+`)
/** No number in a double's range needs more; bounds the work on hostile text. */
const FLOAT_TEXT_LENGTH_MAX = 1_100

function parseFloatText(text: string): number {
  const trimmed = stripSpace(text)
  if (trimmed.length <= FLOAT_TEXT_LENGTH_MAX && FLOAT.test(trimmed)) {
    const number = Number(trimmed.replaceAll('_', ''))
    if (Number.isFinite(number)) return number + 0
  }
  throw new InvalidValueError('text that is not a finite number')
}

function stripSpace(text: string): string {
  let end = text.length
  while (end > 0 && isSpace(text[end - 1]!)) end--
  return text.slice(0, end).replace(LEADING_SPACE, '')
}

const SPACE = new RegExp(`^${WHITE_SPACE}$`)

function isSpace(char: string): boolean {
  return SPACE.test(char)
}
