import type avro from 'avsc'
import { AvroBounds } from './avro-bounds.ts'
import { avroType } from './avro-types.ts'
import { DeserializationError, UnknownSchemaIdError } from './errors.ts'
import type { ViewName, ViewTypes } from './record-types.ts'
import { type AvroValue, valueFromAvro } from './observed-value.ts'
import type { SchemaRegistry } from './registry.ts'
import { readerSchema, viewOf, type View } from './views.ts'
import { HEADER_BYTES, readSchemaId } from './wire-format.ts'

/** How records of one writer's schema are read; or why they cannot be. */
interface Plan {
  readonly bounds: AvroBounds
  readonly resolver: Parameters<avro.Type['decode']>[2]
}

/**
 * Reads a view of records framed as in wire-format.ts, whatever schema of the registry wrote them:
 * by Avro's rules of schema resolution, record names without name space. Fields that the writer
 * has and the view has not are skipped, so newer writers can be read.
 *
 * Bounds and resolver are built once per schema id: building them costs a thousand records. A
 * schema that cannot be read as the view is remembered too, or hostile records of that id would
 * cost as much each.
 */
export class AvroReader<K extends ViewName> {
  private readonly name: K
  private readonly view: View
  private readonly registry: SchemaRegistry
  private readonly reader: avro.Type
  private readonly plans = new Map<number, Plan | DeserializationError>()
  private lastId = -1
  private lastPlan: Plan | undefined

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
    const plan = id === this.lastId ? this.lastPlan! : this.planFor(id)
    plan.bounds.check(buffer, start + HEADER_BYTES, end)
    const decoded = this.decode(buffer, start + HEADER_BYTES, plan)
    if (decoded.offset !== end) {
      throw new DeserializationError('', `${end - start} bytes`, `${decoded.offset - start}`)
    }
    const record = decoded.value as Record<string, unknown>
    if (valueField !== undefined) {
      record[valueField] = valueFromAvro(record[valueField] as AvroValue, valueField)
    }
    validate(record as never)
    return record as ViewTypes[K]
  }

  private decode(buffer: Buffer, start: number, plan: Plan): { value: unknown; offset: number } {
    try {
      return this.reader.decode(buffer, start, plan.resolver)
    } catch (error) {
      // What the bounds do not check: a long beyond 2^53.
      throw new DeserializationError('', 'Avro', messageOf(error), error)
    }
  }

  private planFor(id: number): Plan {
    let plan = this.plans.get(id)
    if (plan === undefined) {
      const schema = this.registry.schemaById(id)
      if (schema === undefined) throw new UnknownSchemaIdError(id)
      plan = this.makePlan(id, schema)
      this.plans.set(id, plan)
    }
    if (plan instanceof DeserializationError) {
      throw new DeserializationError('', plan.expected, plan.received, plan.cause)
    }
    this.lastId = id
    this.lastPlan = plan
    return plan
  }

  private makePlan(id: number, schema: object): Plan | DeserializationError {
    try {
      const writer = avroType(schema)
      const resolver = this.reader.createResolver(writer, { ignoreNamespaces: true })
      return { resolver, bounds: new AvroBounds(writer) }
    } catch (error) {
      const expected = `a schema that can be read as ${this.name}`
      return new DeserializationError('', expected, `schema id ${id}: ${messageOf(error)}`, error)
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
