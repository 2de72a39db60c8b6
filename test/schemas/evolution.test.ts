import avro from 'avsc'
import { describe, expect, test } from 'vitest'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { ViewName } from '../../schemas/record-types.ts'
import { currentSchema } from '../../schemas/schema-files.ts'
import { identityObservation, observation } from './observations.ts'
import { rawRecord } from './raw.ts'

/** Records of writers that are not of this version. */
function readAs(view: ViewName, writer: object, record: object): unknown {
  const registry = new InProcessRegistry(new Map([[7, writer]]))
  const type = avro.Type.forSchema(writer as avro.Schema)
  const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), type.toBuffer(record)])
  return deserializerFor(view, registry)(rawRecord(bytes))
}

/** A producer of identity observations with a schema of its own: no name space, another name. */
const plainWriter = {
  type: 'record',
  name: 'Observation',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'v', type: 'int' },
    { name: 'identity_uuid', type: 'string' },
    { name: 'attacker_uuid', type: 'string' },
    { name: 'primitive', type: 'string' },
    { name: 'value', type: ['null', 'boolean', 'double', 'string'] },
    { name: 'confidence', type: 'double' },
    { name: 'ts', type: 'double' },
    { name: 'evidence_ref', type: 'string' },
    { name: 'source', type: 'string' },
  ],
}

describe('identity observations of a writer with a schema of its own', () => {
  test.each([null, true, 1.5, 'bursty'])('are read with the value %j', (value) => {
    const record = { ...identityObservation, value }
    expect(readAs('identity-observation', plainWriter, record)).toEqual(record)
    const { identity_uuid, attacker_uuid, v, ts, primitive, confidence } = record
    expect(readAs('identity-observation-view', plainWriter, record)).toEqual({
      identity_uuid,
      attacker_uuid,
      v,
      ts,
      primitive,
      value,
      confidence,
    })
  })

  test('are checked in the fields that are skipped, too', () => {
    const record = { ...identityObservation, source: '' }
    expect(() => readAs('identity-observation-view', plainWriter, record)).toThrow('field source')
  })
})

describe('a writer of a newer version', () => {
  const { schema } = currentSchema('observation')

  test('may have more fields', () => {
    const fields = [{ name: 'host', type: ['null', 'string'] }, ...schema.fields]
    const written = { ...observation, host: 'decky-1' }
    expect(readAs('observation', { ...schema, fields }, written)).toEqual(observation)
  })

  test('may leave out fields that have a default', () => {
    const fields = schema.fields.filter((field) => field.name !== 'evidence_ref')
    expect(readAs('observation', { ...schema, fields }, observation)).toEqual({
      ...observation,
      evidence_ref: null,
    })
  })

  test('may not leave out others', () => {
    const fields = schema.fields.filter((field) => field.name !== 'primitive')
    expect(() => readAs('observation', { ...schema, fields }, observation)).toThrow(
      /schema id 7: .*Observation has no field primitive/,
    )
  })

  test('may write numbers as int or long', () => {
    const fields = schema.fields.map((field) =>
      field.name === 'ts' ? { ...field, type: 'long' } : field,
    )
    const record = { ...observation, ts: 1565797340 }
    expect(readAs('observation', { ...schema, fields }, record)).toEqual(record)
  })

  test('may have several types of number among values', () => {
    const fields = schema.fields.map((field) =>
      field.name === 'value' ? { ...field, type: ['int', 'long', 'float', 'double'] } : field,
    )
    for (const value of [{ int: 5 }, { long: 5 }, { float: 5 }, { double: 5 }]) {
      const record = { ...observation, value }
      expect(readAs('observation', { ...schema, fields }, record)).toMatchObject({ value: 5 })
    }
  })

  test('may not name the record otherwise', () => {
    expect(() => readAs('observation', { ...schema, name: 'Sighting' }, observation)).toThrow(
      'attribution.streams.Sighting cannot be read',
    )
  })
})
