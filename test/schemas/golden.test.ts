import { describe, expect, test } from 'vitest'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { currentSchema, RECORD_NAMES, schemaVersions } from '../../schemas/schema-files.ts'
import { serializerFor } from '../../schemas/serializer.ts'
import { topicsOf } from '../../schemas/topics.ts'
import { fingerprint, goldenEntry, goldenVersions } from './golden-versions.ts'
import { rawRecord } from './raw.ts'

const registry = new InProcessRegistry()

describe.each(RECORD_NAMES)('%s', (name) => {
  const golden = goldenVersions(name)

  test('has not changed since its version was published', () => {
    const versions = schemaVersions(name)
    const samples = golden.at(-1)!.records.map((record) => record.json)
    expect(
      versions.length,
      `append to test/schemas/golden/${name}.json:
${JSON.stringify(goldenEntry(name, samples), null, 2)}`,
    ).toBe(golden.length)
    for (const [i, { version, id, schema }] of versions.entries()) {
      const published = golden[i]!
      expect({ version, id }).toEqual({ version: published.version, id: published.id })
      expect(fingerprint(published.schema)).toBe(published.fingerprint)
      expect(
        fingerprint(schema),
        `version ${version} of ${name} is published and records of it are in logs. Put its text,
which test/schemas/golden/${name}.json holds, into schemas/${name}.v${version}.avsc, list that
file before ${name}.avsc in schemas/schema-files.ts, and run this test again`,
      ).toBe(published.fingerprint)
    }
  })

  test('records of every version are read as they were meant', () => {
    const read = deserializerFor(name, registry)
    for (const { records } of golden) {
      expect(records.length).toBeGreaterThan(0)
      for (const { json, hex } of records) {
        const fromAvro = read(rawRecord(Buffer.from(hex, 'hex')))
        expect(fromAvro).toEqual(read(rawRecord(JSON.stringify(json))))
      }
    }
  })

  test('the current version writes the bytes it wrote when it was published', () => {
    const read = deserializerFor(name, registry)
    const write = serializerFor(name, registry, 'avro', topicsOf(name)[0]!)
    for (const { json, hex } of golden.at(-1)!.records) {
      expect(write(read(rawRecord(JSON.stringify(json))) as never).toString('hex')).toBe(hex)
    }
  })
})

describe('the fingerprint', () => {
  const { schema } = currentSchema('observation')

  test('does not depend on documentation', () => {
    expect(fingerprint({ ...schema, doc: 'other' })).toBe(fingerprint(schema))
  })

  test('depends on names, aliases, types, defaults and order', () => {
    const [first, ...rest] = schema.fields
    for (const changed of [
      { ...schema, name: 'Sighting' },
      { ...schema, aliases: ['Sighting'] },
      { ...schema, fields: rest },
      { ...schema, fields: [...rest, first] },
      { ...schema, fields: [{ ...first, type: 'bytes' }, ...rest] },
      { ...schema, fields: [{ ...first, default: '' }, ...rest] },
    ]) {
      expect(fingerprint(changed)).not.toBe(fingerprint(schema))
    }
  })
})
