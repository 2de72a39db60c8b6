import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { RecordName } from '../../schemas/record-types.ts'
import { currentSchema } from '../../schemas/schema-files.ts'
import { serializerFor } from '../../schemas/serializer.ts'
import { topicsOf } from '../../schemas/topics.ts'
import { rawRecord } from './raw.ts'

/** A published version of a schema, with records as it wrote them. */
export interface GoldenVersion {
  readonly version: number
  readonly id: number
  readonly fingerprint: string
  readonly schema: object
  readonly records: readonly { readonly json: object; readonly hex: string }[]
}

export function goldenVersions(name: RecordName): readonly GoldenVersion[] {
  const url = new URL(`./golden/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as GoldenVersion[]
}

/**
 * SHA-256 of a schema without its documentation: unlike Avro's canonical form it also stands for
 * defaults and aliases, on which reading depends.
 */
export function fingerprint(schema: object): string {
  const text = JSON.stringify(schema, (key, value: unknown) => (key === 'doc' ? undefined : value))
  return createHash('sha256').update(text).digest('hex')
}

/** What to append to the golden file for the schema as it is now, with the same records. */
export function goldenEntry(name: RecordName, records: readonly object[]): GoldenVersion {
  const { version, id, schema } = currentSchema(name)
  const registry = new InProcessRegistry()
  const read = deserializerFor(name, registry)
  const write = serializerFor(name, registry, 'avro', topicsOf(name)[0]!)
  return {
    version,
    id,
    fingerprint: fingerprint(schema),
    schema,
    records: records.map((json) => ({
      json,
      hex: write(read(rawRecord(JSON.stringify(json))) as never).toString('hex'),
    })),
  }
}
