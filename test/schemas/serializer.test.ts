import { describe, expect, test } from 'vitest'
import { SchemaRegistryError, SerializationError } from '../../schemas/errors.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { StateChanged } from '../../schemas/records.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { serializerFor } from '../../schemas/serializer.ts'
import { StructuredValue } from '../../schemas/structured-value.ts'
import { schemaIdOf } from '../../schemas/wire-format.ts'
import { rawRecord } from './raw.ts'

const registry = new InProcessRegistry()

const change: StateChanged = {
  identity_uuid: 'i',
  primitive: 'motor.keystroke_cadence',
  old_state: null,
  new_state: 'unknown',
  current_value: 'bursty',
  confidence: 0,
  observation_count: 1,
  ts: 1714000000.5,
  cause: 'observation',
}

test("puts Confluent's header before Avro", () => {
  const bytes = serializerFor('state-changed', registry, 'avro')(change)
  expect(bytes.subarray(0, 5)).toEqual(Buffer.from([0, 0, 0, 5001 >> 8, 5001 & 255]))
  expect(schemaIdOf(rawRecord(bytes))).toBe(5001)
  expect(schemaIdOf(rawRecord('{}'))).toBeUndefined()
  expect(schemaIdOf(rawRecord(null))).toBeUndefined()
})

test('prints JSON with lists and objects as themselves', () => {
  const write = serializerFor('state-changed', registry, 'json')
  const value = new StructuredValue('{"a":[1]}')
  expect(JSON.parse(write({ ...change, current_value: value }).toString())).toEqual({
    ...change,
    current_value: { a: [1] },
  })
})

describe.each(['avro', 'json'] as const)('as %s', (format) => {
  test('grows its buffer for a large record and reuses it for small ones', () => {
    const write = serializerFor('multi-actor-suspected', registry, format)
    const alert = { identity_uuid: 'i', primitives: ['a.b'], confidence: 0.6, ts: 1 }
    const long = { ...alert, evidence_summary: '🙂'.repeat(50_000) }
    const short = { ...alert, evidence_summary: 'two primitives' }
    const first = Buffer.from(write(short))
    expect(write(long).includes('🙂🙂🙂')).toBe(true)
    expect(write(short)).toEqual(first)
    expect(write(short).buffer).toBe(write(short).buffer)
  })

  test.each([
    ['confidence', NaN],
    ['ts', Infinity],
    ['current_value', -Infinity],
    ['identity_uuid', '\ud800'],
    ['current_value', 'a\udc00'],
    ['primitive', undefined],
  ])('refuses %s of %s by name', (field, value) => {
    const write = serializerFor('state-changed', registry, format)
    expect(() => write({ ...change, [field]: value })).toThrow(SerializationError)
    expect(() => write({ ...change, [field]: value })).toThrow(field)
    expect(write(change).length).toBeGreaterThan(0)
  })

  test('refuses an unpaired surrogate within', () => {
    const write = serializerFor('multi-actor-cleared', registry, format)
    expect(() => write({ identity_uuid: 'i', primitives: ['a', '\ud800'], ts: 1 })).toThrow(
      'primitives[1] has an unpaired surrogate',
    )
  })
})

test('refuses a state that the schema does not have', () => {
  const write = serializerFor('state-changed', registry, 'avro')
  expect(() => write({ ...change, new_state: 'calm' as 'stable' })).toThrow(SerializationError)
})

test('says which subject is missing where a schema is not registered', () => {
  const port: SchemaRegistry = {
    idOf: () => undefined,
    schemaById: () => undefined,
    register: () => Promise.resolve(1),
    mayLearn: () => true,
    resolve: () => Promise.resolve(),
  }
  expect(() => serializerFor('identity-link', port, 'avro', 'links')).toThrow(SchemaRegistryError)
  expect(() => serializerFor('identity-link', port, 'avro', 'links')).toThrow('links-value')
  expect(() => serializerFor('identity-link', port, 'json')).not.toThrow()
})
