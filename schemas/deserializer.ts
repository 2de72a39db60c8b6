import type { RawRecord } from '../broker/record-batch/record.ts'
import { AvroReader } from './avro-reader.ts'
import { DeserializationError } from './errors.ts'
import { JsonReader } from './json-reader.ts'
import type { ViewName, ViewTypes } from './record-types.ts'
import type { SchemaRegistry } from './registry.ts'
import { MAGIC_BYTE } from './wire-format.ts'

/**
 * Reads the value of a source record, Avro or JSON, told apart by the first byte. What it gives
 * shares no memory with the record.
 * @throws {DeserializationError} the record goes to the dead letters, the rest goes on
 */
export type RecordDeserializer<V> = (raw: RawRecord) => V

const OPENING_BRACE = 0x7b

/** Makes the deserializer of a view; it keeps what it learns of each writer's schema. */
export function deserializerFor<K extends ViewName>(
  view: K,
  registry: SchemaRegistry,
): RecordDeserializer<ViewTypes[K]> {
  const reader = new RecordReader(view, registry)
  return ({ buffer, valueStart, valueEnd }) => {
    if (valueStart < 0) throw new DeserializationError('', 'a value', 'null (a tombstone)')
    return reader.read(buffer, valueStart, valueEnd)
  }
}

/** Reads a view from ranges of bytes that hold Avro or JSON. */
export class RecordReader<K extends ViewName> {
  private readonly avro: AvroReader<K>
  private readonly json: JsonReader<K>

  constructor(view: K, registry: SchemaRegistry) {
    this.avro = new AvroReader(view, registry)
    this.json = new JsonReader(view)
  }

  /** @throws {DeserializationError} start ≤ bytes < end is no valid record */
  read(buffer: Buffer, start: number, end: number): ViewTypes[K] {
    if (start < end && buffer[start] === MAGIC_BYTE) return this.avro.read(buffer, start, end)
    return this.json.read(buffer, openingBrace(buffer, start, end), end)
  }
}

/** Where the JSON object starts. */
function openingBrace(buffer: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = buffer[at]!
    if (byte === OPENING_BRACE) return at
    if (isJsonSpace(byte)) continue
    throw new DeserializationError(
      '',
      'Avro (first byte 00) or a JSON object (first byte 7b)',
      `first byte ${byte.toString(16).padStart(2, '0')}`,
    )
  }
  throw new DeserializationError('', 'Avro or a JSON object', 'no bytes')
}

function isJsonSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
