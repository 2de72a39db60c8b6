import type avro from 'avsc'
import { AvroDecoder } from './avro-decoder.ts'
import { avroType } from './avro-types.ts'
import { DeserializationError, UnknownSchemaIdError } from './errors.ts'
import type { ViewName, ViewTypes } from './record-types.ts'
import { type AvroValue, valueFromAvro } from './observed-value.ts'
import type { SchemaRegistry } from './registry.ts'
import { readerSchema, viewOf, type View } from './views.ts'
import { HEADER_BYTES, readSchemaId } from './wire-format.ts'

/**
 * Reads a view of records framed as in wire-format.ts, whatever schema of the registry wrote them:
 * by Avro's rules of schema resolution, record names without name space. Fields that the writer
 * has and the view has not are skipped, so newer writers can be read.
 *
 * A decoder is built once per schema id: building one costs as much as a thousand records. A
 * schema that cannot be read as the view is remembered too, or hostile records of that id would
 * cost as much each.
 */
export class AvroReader<K extends ViewName> {
  private readonly name: K
  private readonly view: View
  private readonly registry: SchemaRegistry
  private readonly reader: avro.Type
  private readonly decoders = new Map<number, AvroDecoder | DeserializationError>()
  private lastId = -1
  private lastDecoder: AvroDecoder | undefined

  constructor(name: K, registry: SchemaRegistry) {
    this.name = name
    this.view = viewOf(name)
    this.registry = registry
    this.reader = avroType(readerSchema(name))
  }

  /**
   * @param start where the magic byte stands
   * @returns the view; it shares no memory with the buffer
   * @throws {UnknownSchemaIdError} the registry has not loaded the id
   * @throws {DeserializationError} not exactly one value of the writer's schema, too long, or its
   *   content does not hold
   */
  read(buffer: Buffer, start: number, end: number): ViewTypes[K] {
    const { bytesMax, valueField, validate } = this.view
    if (end - start > bytesMax) {
      throw new DeserializationError('', `at most ${bytesMax} bytes`, `${end - start}`)
    }
    if (end - start < HEADER_BYTES) {
      throw new DeserializationError('', 'a schema id', `${end - start} bytes`)
    }
    const id = readSchemaId(buffer, start)
    const decoder = id === this.lastId ? this.lastDecoder! : this.decoderFor(id)
    const record = decoder.decode(buffer, start + HEADER_BYTES, end) as Record<string, unknown>
    if (valueField !== undefined) {
      record[valueField] = valueFromAvro(record[valueField] as AvroValue, valueField)
    }
    validate(record as never)
    return record as ViewTypes[K]
  }

  private decoderFor(id: number): AvroDecoder {
    let decoder = this.decoders.get(id)
    if (decoder === undefined) {
      const schema = this.registry.schemaById(id)
      if (schema === undefined) throw new UnknownSchemaIdError(id)
      decoder = this.makeDecoder(id, schema)
      this.decoders.set(id, decoder)
    }
    if (decoder instanceof DeserializationError) {
      throw new DeserializationError('', decoder.expected, decoder.received, decoder.cause)
    }
    this.lastId = id
    this.lastDecoder = decoder
    return decoder
  }

  private makeDecoder(id: number, schema: object): AvroDecoder | DeserializationError {
    try {
      return new AvroDecoder(avroType(schema), this.reader)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const expected = `a schema that can be read as ${this.name}`
      return new DeserializationError('', expected, `schema id ${id}: ${message}`, error)
    }
  }
}
