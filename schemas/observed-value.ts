import { structuredValue } from './canonical-json.ts'
import { DeserializationError } from './errors.ts'
import { received } from './received.ts'
import type { Value } from './records.ts'
import { StructuredValue } from './structured-value.ts'
import { isLongerThan, VALUE_BYTES_MAX } from './text-limits.ts'
import { isWellFormed } from './well-formed.ts'

/**
 * An observed value in its three forms.
 *
 * | in memory       | Avro branch            | JSON          |
 * |-----------------|------------------------|---------------|
 * | null            | null                   | null          |
 * | boolean         | boolean                | true, false   |
 * | number          | double                 | number        |
 * | string          | string                 | string        |
 * | StructuredValue | list of double, string | array         |
 * | StructuredValue | JsonObject {json}      | object        |
 *
 * There is no long branch: with two number branches a union is ambiguous without wrapping, and 1
 * survives as a double. −0 becomes 0, since JSON cannot tell them apart and mergers must not.
 */

/** The value union as avsc gives and takes it. */
export type AvroValue = null | boolean | number | string | (number | string)[] | { json: string }

/** @throws {DeserializationError} not finite, too long, too deep, not well-formed text */
export function valueFromJson(json: unknown, field: string): Value {
  switch (typeof json) {
    case 'string':
      if (isLongerThan(json, VALUE_BYTES_MAX)) {
        throw new DeserializationError(field, `at most ${VALUE_BYTES_MAX} bytes`, received(json))
      }
      if (isWellFormed(json)) return json
      throw new DeserializationError(field, 'text without unpaired surrogates', received(json))
    case 'number':
      if (Number.isFinite(json)) return json + 0
      throw new DeserializationError(field, 'a finite number', String(json))
    case 'boolean':
      return json
    case 'object':
      return json === null ? null : structuredValue(json, field)
    default:
      throw new DeserializationError(
        field,
        'null, a boolean, a number, text, a list or an object',
        received(json),
      )
  }
}

/** @throws {DeserializationError} as {@link valueFromJson}, or a JsonObject that holds no object */
export function valueFromAvro(value: AvroValue, field: string): Value {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return valueFromJson(value, field)
  }
  const { json } = value
  if (isLongerThan(json, 2 * VALUE_BYTES_MAX)) {
    throw new DeserializationError(`${field}.json`, `at most ${VALUE_BYTES_MAX} bytes`, 'more')
  }
  return structuredValue(parseObject(json, `${field}.json`), field)
}

function parseObject(json: string, field: string): object {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    throw new DeserializationError(field, 'JSON', received(json))
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed
  throw new DeserializationError(field, 'a JSON object', received(json))
}

export function valueToAvro(value: Value): AvroValue {
  if (!(value instanceof StructuredValue)) return value
  if (value.json.startsWith('[')) return value.parse() as (number | string)[]
  return { json: value.json }
}

/** Plain JSON data; lists and objects are new at every call. */
export function valueToJson(value: Value): unknown {
  return value instanceof StructuredValue ? value.parse() : value
}
