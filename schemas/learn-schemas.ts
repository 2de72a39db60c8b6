import type { RawRecord } from '../broker/record-batch/record.ts'
import type { SchemaRegistry } from './registry.ts'
import { schemaIdOf } from './wire-format.ts'

/**
 * Loads the schemas of all writers of these records that are not here yet, each once.
 * @throws {SchemaRegistryError} the registry does not answer: some are still unknown
 */
export async function learnSchemas(
  registry: SchemaRegistry,
  records: Iterable<RawRecord>,
): Promise<void> {
  const wanted = new Set<number>()
  for (const raw of records) {
    const id = schemaIdOf(raw)
    if (id !== undefined && registry.mayLearn(id)) wanted.add(id)
  }
  if (wanted.size > 0) await Promise.all([...wanted].map((id) => registry.resolve(id)))
}
