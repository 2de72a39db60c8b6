import type { TypeNode } from './avro-types.ts'
import { DeserializationError } from './errors.ts'
import { valueFromJson } from './observed-value.ts'
import { received } from './received.ts'
import { isLongerThan, textLimit, type TextLimit } from './text-limits.ts'
import { isWellFormed } from './well-formed.ts'

/**
 * Checks parsed JSON against an Avro schema and gives the record in memory.
 *
 * J1. Unknown fields are refused, also `__proto__` and `constructor`: JSON.parse makes them own
 *     properties, and only own properties are looked at.
 * J2. Missing fields take the schema's default, or are refused.
 * J3. Where JSON differs from Avro: an observed value stands as itself (observed-value.ts), other
 *     unions are null or the value itself, bytes are base64.
 * J4. A key that stands twice counts as its last, as JSON.parse has it.
 */
export type JsonShape = (json: unknown, at: string) => unknown

interface FieldShape {
  readonly name: string
  readonly shape: JsonShape
  /** False: checked, but not part of the view. */
  readonly wanted: boolean
  readonly defaultValue: () => unknown
}

/** @param wanted fields of the view; the others are checked and left out */
export function recordShape(type: TypeNode, wanted?: readonly string[]): JsonShape {
  const fields = type.fields.map((field): FieldShape => ({
    name: field.name,
    shape: shapeOf(field.type, textLimit(field.name)),
    wanted: wanted?.includes(field.name) ?? true,
    defaultValue: () => field.defaultValue(),
  }))
  const names = new Set(fields.map((field) => field.name))
  return (json, at) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new DeserializationError(at, 'an object', received(json))
    }
    const source = json as Readonly<Record<string, unknown>>
    const record: Record<string, unknown> = {}
    let present = 0
    for (const field of fields) {
      const given = source[field.name]
      if (given !== undefined) present++
      const value = checkField(field, given, at)
      if (field.wanted) record[field.name] = value
    }
    if (Object.keys(source).length !== present) refuseUnknown(source, names, at)
    return record
  }
}

function checkField(field: FieldShape, given: unknown, at: string): unknown {
  if (given !== undefined) return field.shape(given, pathOf(at, field.name))
  const value = field.defaultValue()
  if (value !== undefined) return value
  throw new DeserializationError(pathOf(at, field.name), 'a value', 'nothing')
}

function refuseUnknown(source: object, names: ReadonlySet<string>, at: string): never {
  const unknown = Object.keys(source).find((key) => !names.has(key))
  const known = [...names].join(', ')
  throw new DeserializationError(at, `no fields but ${known}`, received(unknown))
}

function pathOf(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`
}

function shapeOf(type: TypeNode, limit?: TextLimit): JsonShape {
  switch (type.typeName) {
    case 'null':
      return (json, at) => (json === null ? null : refuse(at, 'null', json))
    case 'boolean':
      return (json, at) => (typeof json === 'boolean' ? json : refuse(at, 'a boolean', json))
    case 'int':
      return integer(-0x80000000, 0x7fffffff)
    case 'long':
      return integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    case 'double':
      return (json, at) => (Number.isFinite(json) ? json : refuse(at, 'a finite number', json))
    case 'string':
      return text(limit)
    case 'bytes':
      return base64
    case 'enum':
      return symbol(type.symbols)
    case 'array':
      return list(shapeOf(type.itemsType))
    case 'record':
      return recordShape(type)
    case 'union:unwrapped':
      return union(type.types, limit)
    default:
      throw new TypeError(`the product's schemas have no ${type.typeName}`)
  }
}

function union(types: readonly TypeNode[], limit?: TextLimit): JsonShape {
  if (types.some((type) => type.name?.endsWith('.JsonObject'))) return valueFromJson
  const [first, second] = types
  if (types.length !== 2 || first?.typeName !== 'null') {
    throw new TypeError("the product's unions are of null and one type")
  }
  const shape = shapeOf(second!, limit)
  return (json, at) => (json === null ? null : shape(json, at))
}

function integer(min: number, max: number): JsonShape {
  return (json, at) => {
    if (Number.isInteger(json) && (json as number) >= min && (json as number) <= max) return json
    return refuse(at, `an integer from ${min} to ${max}`, json)
  }
}

function text(limit?: TextLimit): JsonShape {
  return (json, at) => {
    if (typeof json !== 'string') return refuse(at, 'text', json)
    if (!isWellFormed(json)) return refuse(at, 'text without unpaired surrogates', json)
    if (limit !== undefined && (json.length === 0 || isLongerThan(json, limit.bytesMax))) {
      return refuse(at, `${limit.bytesMin} to ${limit.bytesMax} bytes`, json)
    }
    return json
  }
}

function base64(json: unknown, at: string): unknown {
  if (typeof json === 'string') {
    const bytes = Buffer.from(json, 'base64')
    if (bytes.toString('base64') === json) return bytes
  }
  return refuse(at, 'base64', json)
}

function symbol(symbols: readonly string[]): JsonShape {
  return (json, at) =>
    symbols.includes(json as string) ? json : refuse(at, `one of ${symbols.join(', ')}`, json)
}

function list(item: JsonShape): JsonShape {
  return (json, at) => {
    if (!Array.isArray(json)) return refuse(at, 'a list', json)
    return json.map((entry, i) => item(entry, `${at}[${i}]`))
  }
}

function refuse(at: string, expected: string, json: unknown): never {
  throw new DeserializationError(at, expected, received(json))
}
