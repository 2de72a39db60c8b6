import { DeserializationError } from './errors.ts'
import { received } from './received.ts'
import { StructuredValue } from './structured-value.ts'
import { isLongerThan, VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from './text-limits.ts'
import { isWellFormed } from './well-formed.ts'

/**
 * Canonical JSON: one text per value, so that values compare by text.
 *
 * C1. Keys are sorted by code point at every level; JavaScript's own order is by UTF-16 unit and
 *     differs above U+FFFF.
 * C2. No white space; numbers and escapes as `JSON.stringify` prints them (1.0 is 1, −0 is 0).
 * C3. What has no JSON is refused, not altered: numbers beyond the range of a double (JSON.parse
 *     makes 1e999 Infinity) and unpaired surrogates (they do not survive UTF-8).
 */
export function canonicalJson(value: unknown, field: string, depthMax: number): string {
  switch (typeof value) {
    case 'string':
      if (isWellFormed(value)) return JSON.stringify(value)
      throw new DeserializationError(field, 'text without unpaired surrogates', received(value))
    case 'number':
      if (Number.isFinite(value)) return JSON.stringify(value)
      throw new DeserializationError(field, 'a number within the range of a double', String(value))
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depthMax === 0) {
        throw new DeserializationError(field, `at most ${VALUE_DEPTH_MAX} levels`, 'more')
      }
      return Array.isArray(value)
        ? canonicalList(value, field, depthMax - 1)
        : canonicalObject(value, field, depthMax - 1)
    default:
      throw new DeserializationError(field, 'a JSON value', received(value))
  }
}

function canonicalList(items: readonly unknown[], field: string, depthMax: number): string {
  let json = '['
  for (let i = 0; i < items.length; i++) {
    if (i > 0) json += ','
    json += canonicalJson(items[i], field, depthMax)
  }
  return json + ']'
}

function canonicalObject(object: object, field: string, depthMax: number): string {
  const keys = Object.keys(object).sort(byCodePoint)
  let json = '{'
  for (const [i, key] of keys.entries()) {
    if (i > 0) json += ','
    json += `${canonicalJson(key, field, depthMax)}:`
    json += canonicalJson((object as Record<string, unknown>)[key], field, depthMax)
  }
  return json + '}'
}

/**
 * Compares by code point. UTF-16 units compare alike except that surrogates (D800–DFFF) stand for
 * code points above all other units: E000–FFFF move down by the surrogates' 800, these to the top.
 */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return codePointRank(x) - codePointRank(y)
  }
  return a.length - b.length
}

function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/**
 * Makes an observed value of a list (of numbers and text) or an object (of any JSON).
 * @throws {DeserializationError} nested deeper than 16 levels, longer than 8,192 bytes, or no JSON
 */
export function structuredValue(value: object, field: string): StructuredValue {
  if (Array.isArray(value)) checkItems(value, field)
  const json = canonicalJson(value, field, VALUE_DEPTH_MAX)
  if (isLongerThan(json, VALUE_BYTES_MAX)) {
    throw new DeserializationError(
      field,
      `at most ${VALUE_BYTES_MAX} bytes of canonical JSON`,
      `${Buffer.byteLength(json)} bytes`,
    )
  }
  return new StructuredValue(json)
}

function checkItems(items: readonly unknown[], field: string): void {
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    if (typeof item !== 'number' && typeof item !== 'string') {
      throw new DeserializationError(`${field}[${i}]`, 'a number or text', received(item))
    }
  }
}
