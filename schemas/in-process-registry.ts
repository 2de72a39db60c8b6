import { SchemaRegistryError } from './errors.ts'
import type { SchemaRegistry } from './registry.ts'
import { RECORD_NAMES, schemaVersions } from './schema-files.ts'
import { sameSchema } from './avro-types.ts'

/**
 * The registry of a deployment without one: the product's own schemas, all versions, with the ids
 * of schema-files.ts, so that a log written by any earlier version stays readable without anything
 * being stored. Schemas of other producers can be added at construction, with ids of one's own.
 */
export class InProcessRegistry implements SchemaRegistry {
  private readonly byId = new Map<number, object>()

  /** @throws {SchemaRegistryError} an id is one of the product's own */
  constructor(foreign: ReadonlyMap<number, object> = new Map()) {
    for (const record of RECORD_NAMES) {
      for (const { id, schema } of schemaVersions(record)) this.byId.set(id, schema)
    }
    for (const [id, schema] of foreign) {
      if (this.byId.has(id)) throw new SchemaRegistryError(`schema id ${id} is the product's own`)
      this.byId.set(id, schema)
    }
  }

  register(subject: string, schema: object): Promise<number> {
    const id = this.idOf(subject, schema)
    if (id !== undefined) return Promise.resolve(id)
    return Promise.reject(
      new SchemaRegistryError(
        `the in-process registry keeps nothing new: the schema for ${subject} is not among its own`,
      ),
    )
  }

  idOf(_subject: string, schema: object): number | undefined {
    for (const [id, known] of this.byId) {
      if (known === schema || sameSchema(known, schema)) return id
    }
    return undefined
  }

  schemaById(id: number): object | undefined {
    return this.byId.get(id)
  }

  /** It has all there are. */
  mayLearn(): boolean {
    return false
  }

  resolve(): Promise<void> {
    return Promise.resolve()
  }
}
