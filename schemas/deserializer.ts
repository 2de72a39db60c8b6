import type { RawRecord } from '../broker/record-batch/record.ts'
import { AvroReader } from './avro-reader.ts'
import { DeserializationError } from './errors.ts'
import { JsonReader } from './json-reader.ts'
import { type AvroValue, valueFromAvro } from './observed-value.ts'
import type { ViewName, ViewTypes } from './record-types.ts'
import type { SchemaRegistry } from './registry.ts'
import { RECORD_BYTES_MAX } from './text-limits.ts'
import { validateAttackerProfile, validateIdentityLink } from './validate-attacker.ts'
import { validateIdentityObservation, validateObservation } from './validate-observation.ts'
import { MAGIC_BYTE } from './wire-format.ts'

/**
 * Reads the value of a source record, Avro or JSON, told apart by the first byte.
 * @throws {DeserializationError} the record goes to the dead letters, the rest goes on
 */
export type RecordDeserializer<V> = (raw: RawRecord) => V

const OPENING_BRACE = 0x7b

/** Checks of content beyond the schema; records not named are the product's own output. */
const VALIDATORS: { readonly [K in ViewName]?: (view: never) => void } = {
  observation: validateObservation,
  'observation-view': validateObservation,
  'identity-observation': validateIdentityObservation,
  'identity-observation-view': validateIdentityObservation,
  'attacker-profile': validateAttackerProfile,
  'identity-link': validateIdentityLink,
}

/** The field of a record that holds an observed value. */
const VALUE_FIELDS: { readonly [K in ViewName]?: 'value' | 'current_value' } = {
  observation: 'value',
  'observation-view': 'value',
  'identity-observation': 'value',
  'identity-observation-view': 'value',
  'state-changed': 'current_value',
}

/** The deserializer of one view; keeps what it learns of each writer's schema. */
export function deserializerFor<K extends ViewName>(
  view: K,
  registry: SchemaRegistry,
): RecordDeserializer<ViewTypes[K]> {
  const reader = new RecordReader(view, registry)
  return (raw) => {
    if (raw.valueStart < 0) throw new DeserializationError('', 'a value', 'null (a tombstone)')
    return reader.read(raw.buffer, raw.valueStart, raw.valueEnd)
  }
}

/** Reads one view of records from ranges of bytes, whichever format they are in. */
export class RecordReader<K extends ViewName> {
  private readonly avro: AvroReader
  private readonly json: JsonReader
  private readonly validate: (view: never) => void
  private readonly valueField: 'value' | 'current_value' | undefined

  constructor(view: K, registry: SchemaRegistry) {
    this.avro = new AvroReader(view, registry)
    this.json = new JsonReader(view)
    this.validate = VALIDATORS[view] ?? (() => undefined)
    this.valueField = VALUE_FIELDS[view]
  }

  /** @throws {DeserializationError} start ≤ bytes < end is no valid record */
  read(buffer: Buffer, start: number, end: number): ViewTypes[K] {
    if (end - start > RECORD_BYTES_MAX) {
      throw new DeserializationError('', `at most ${RECORD_BYTES_MAX} bytes`, `${end - start}`)
    }
    if (end > start && buffer[start] === MAGIC_BYTE) return this.readAvro(buffer, start, end)
    return this.readJson(buffer, start, end)
  }

  private readAvro(buffer: Buffer, start: number, end: number): ViewTypes[K] {
    const view = this.avro.read(buffer, start, end)
    const { valueField } = this
    if (valueField !== undefined) {
      const record = view as Record<string, unknown>
      const value = record[valueField] as AvroValue
      // Most values are text, and are what they are.
      if (typeof value !== 'string' || value.length > 1_000) {
        record[valueField] = valueFromAvro(value, valueField)
      }
    }
    this.validate(view as never)
    return view as ViewTypes[K]
  }

  private readJson(buffer: Buffer, start: number, end: number): ViewTypes[K] {
    let at = start
    while (at < end && isJsonSpace(buffer[at]!)) at++
    if (at === end) throw new DeserializationError('', 'Avro or a JSON object', 'no bytes')
    if (buffer[at] !== OPENING_BRACE) {
      const byte = buffer[at]!.toString(16).padStart(2, '0')
      throw new DeserializationError(
        '',
        'Avro (first byte 00) or a JSON object (first byte 7b)',
        `first byte ${byte}`,
      )
    }
    const view = this.json.read(buffer, at, end)
    this.validate(view as never)
    return view as ViewTypes[K]
  }
}

function isJsonSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
