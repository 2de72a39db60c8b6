import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { RecordName } from '../../schemas/record-types.ts'
import type { Value } from '../../schemas/records.ts'
import { RECORD_NAMES } from '../../schemas/schema-files.ts'
import { serializerFor } from '../../schemas/serializer.ts'
import { StructuredValue } from '../../schemas/structured-value.ts'
import { topicsOf } from '../../schemas/topics.ts'
import { records } from './arbitraries.ts'
import { identityObservation, observation } from './observations.ts'
import { rawRecord } from './raw.ts'

const registry = new InProcessRegistry()

const values: readonly (readonly [string, Value, Value])[] = [
  ['1', 1, 1],
  ['1.5', 1.5, 1.5],
  ['-0 (as 0)', -0, 0],
  ['1e300', 1e300, 1e300],
  ['5e-324', 5e-324, 5e-324],
  ['2^53', 2 ** 53, 2 ** 53],
  ['true', true, true],
  ['false', false, false],
  ['null', null, null],
  ['empty text', '', ''],
  ['text', 'bursty', 'bursty'],
  ['text with a byte 0', 'a\u0000b', 'a\u0000b'],
  ['an emoji of several code points', '🧑‍💻', '🧑‍💻'],
  ['8,192 bytes of text', 'é'.repeat(4_096), 'é'.repeat(4_096)],
  ['an empty list', new StructuredValue('[]'), new StructuredValue('[]')],
  ['a list', new StructuredValue('[1,"a",1.5]'), new StructuredValue('[1,"a",1.5]')],
  ['an empty object', new StructuredValue('{}'), new StructuredValue('{}')],
  [
    'an object',
    new StructuredValue('{"__proto__":[1,{"b":null}]}'),
    new StructuredValue('{"__proto__":[1,{"b":null}]}'),
  ],
]

describe.each(['avro', 'json'] as const)('a record written as %s', (format) => {
  test.each(values)('keeps the value %s', (_, value, expected) => {
    const write = serializerFor('observation', registry, format)
    const read = deserializerFor('observation', registry)
    const back = read(rawRecord(write({ ...observation, value })))
    expect(back).toEqual({ ...observation, value: expected })
  })

  test.each(RECORD_NAMES)('is read back as it was: %s', (name: RecordName) => {
    const write = serializerFor(name, registry, format, topicsOf(name)[0]!)
    const read = deserializerFor(name, registry)
    fc.assert(
      fc.property(records[name] as fc.Arbitrary<never>, (record) => {
        expect(read(rawRecord(write(record)))).toEqual(record)
      }),
    )
  })

  test.each([
    ['observation', 'observation-view', ['source', 'identity_ref']],
    ['identity-observation', 'identity-observation-view', ['id', 'evidence_ref', 'source']],
  ] as const)('gives the same projection of an %s', (name, view, skipped) => {
    const write = serializerFor(name, registry, format)
    const read = deserializerFor(view, registry)
    fc.assert(
      fc.property(records[name] as fc.Arbitrary<never>, (record) => {
        const fields = Object.entries(record).filter(([field]) => !skipped.includes(field as never))
        expect(read(rawRecord(write(record)))).toEqual(Object.fromEntries(fields))
      }),
    )
  })

  test('shares no memory with the record it came from', () => {
    const write = serializerFor('dead-letter', registry, format)
    const read = deserializerFor('dead-letter', registry)
    const letter = {
      topic: 't',
      partition: 0,
      offset: 3,
      error_class: 'DeserializationError',
      error_message: 'field ts: …',
      key: Buffer.from('key'),
      value: Buffer.from([0, 255]),
      timestamp_ms: -1,
    }
    const raw = rawRecord(write(letter))
    const back = read(raw)
    raw.buffer.fill(0)
    expect(back).toEqual(letter)
  })
})

test('reads JSON after white space', () => {
  const read = deserializerFor('identity-observation', registry)
  const json = `\r\n\t ${JSON.stringify(identityObservation)} \n`
  expect(read(rawRecord(json))).toEqual(identityObservation)
})

test('takes the defaults for what JSON leaves out', () => {
  const read = deserializerFor('attacker-profile', registry)
  const profile = { attacker_uuid: 'x', first_seen: 1, last_seen: 2 }
  expect(read(rawRecord(JSON.stringify(profile)))).toEqual({
    ...profile,
    attacker_ip: null,
    asn: null,
    fingerprints: [],
    payload_hashes: [],
    c2_endpoints: [],
    credentials: [],
    commands: [],
  })
})
