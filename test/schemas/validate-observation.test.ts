import avro from 'avsc'
import { describe, expect, test } from 'vitest'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { DeserializationError } from '../../schemas/errors.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { RecordName } from '../../schemas/record-types.ts'
import { currentSchema } from '../../schemas/schema-files.ts'
import { identityObservation, observation } from './observations.ts'
import { rawRecord } from './raw.ts'

const registry = new InProcessRegistry()

/** Writes without any of the product's checks. */
function avroBytes(name: RecordName, record: object): Buffer {
  const { id, schema } = currentSchema(name)
  const header = Buffer.from([0, 0, 0, 0, 0])
  header.writeUInt32BE(id, 1)
  const type = avro.Type.forSchema(schema as unknown as avro.Schema)
  return Buffer.concat([header, type.toBuffer(record)])
}

const long = (bytes: number) => 'x'.repeat(bytes)

const broken: readonly (readonly [field: string, value: unknown])[] = [
  ['attacker_uuid', ''],
  ['attacker_uuid', long(129)],
  ['attacker_uuid', 'é'.repeat(65)],
  ['attacker_uuid', 'a\u0000b'],
  ['attacker_uuid', 'a\nb'],
  ['attacker_uuid', '\u007f'],
  ['attacker_uuid', '\u0085'],
  ['attacker_uuid', 'a\ufffd'],
  ['id', ''],
  ['id', long(129)],
  ['v', 0],
  ['v', 2],
  ['ts', -1],
  ['ts', 1e11],
  ['ts', 1714000000000],
  ['primitive', ''],
  ['primitive', 'motor'],
  ['primitive', 'a.b.c.d'],
  ['primitive', 'a..b'],
  ['primitive', '.a'],
  ['primitive', 'a.'],
  ['primitive', 'a.\u0000'],
  ['primitive', `a.${long(255)}`],
  ['value', long(8_193)],
  ['value', Array.from({ length: 5_000 }, () => 1)],
  ['confidence', -0.1],
  ['confidence', 1.01],
  ['source', ''],
  ['source', long(257)],
  ['evidence_ref', ''],
  ['evidence_ref', long(1_025)],
]

const brokenObservation: typeof broken = [
  ...broken,
  ['id', 'a\u0000'],
  ['evidence_ref', 'a\u0000b'],
  ['identity_ref', ''],
  ['identity_ref', long(129)],
  ['window', { start_ts: 2, end_ts: 1 }],
]

/** What JSON cannot even say. */
const brokenNumbers: typeof broken = [
  ['ts', NaN],
  ['ts', Infinity],
  ['confidence', NaN],
  ['confidence', -Infinity],
  ['value', NaN],
  ['value', -Infinity],
  ['value', [1, NaN]],
]

const brokenIdentityObservation: typeof broken = [
  ...broken,
  ['identity_uuid', ''],
  ['identity_uuid', long(129)],
  ['identity_uuid', 'a\tb'],
]

const cases = [
  ['observation', observation, brokenObservation],
  ['observation-view', observation, brokenObservation],
  ['identity-observation', identityObservation, brokenIdentityObservation],
  ['identity-observation-view', identityObservation, brokenIdentityObservation],
] as const

describe.each(cases)('%s', (view, good, bad) => {
  const name = view.replace('-view', '') as RecordName
  const read = deserializerFor(view, registry)

  function refusal(bytes: Uint8Array | string): DeserializationError {
    try {
      read(rawRecord(bytes))
    } catch (error) {
      expect(error).toBeInstanceOf(DeserializationError)
      return error as DeserializationError
    }
    throw new Error('it was taken')
  }

  test('a good one is taken in both formats', () => {
    expect(read(rawRecord(JSON.stringify(good)))).toEqual(read(rawRecord(avroBytes(name, good))))
  })

  test.each(bad)('%s: %j is refused alike in both formats', (field, value) => {
    const record = { ...good, [field]: value }
    const json = refusal(JSON.stringify(record))
    const avro = refusal(avroBytes(name, record))
    expect(json.field.split('.')[0]).toBe(field)
    expect(avro.field.split('.')[0]).toBe(field)
  })

  test.each(brokenNumbers)('%s: %j in Avro is refused', (field, value) => {
    const error = refusal(avroBytes(name, { ...good, [field]: value }))
    expect(error.field.split('[')[0]).toBe(field)
  })
})

test('a window is refused where its ends are no numbers', () => {
  const read = deserializerFor('observation-view', registry)
  for (const window of [
    { start_ts: NaN, end_ts: 1 },
    { start_ts: 1, end_ts: Infinity },
  ]) {
    const raw = rawRecord(avroBytes('observation', { ...observation, window }))
    expect(() => read(raw)).toThrow('field window.')
  }
})

test('limits themselves are taken', () => {
  const read = deserializerFor('observation', registry)
  const record = {
    ...observation,
    attacker_uuid: 'é'.repeat(64),
    id: long(128),
    ts: 0,
    primitive: `a.${long(254)}`,
    value: long(8_192),
    confidence: 1,
    window: { start_ts: 5, end_ts: 5 },
    source: long(256),
    evidence_ref: long(1_024),
    identity_ref: long(128),
  }
  expect(read(rawRecord(JSON.stringify(record)))).toEqual(record)
  expect(read(rawRecord(avroBytes('observation', record)))).toEqual(record)
})

describe('an attacker profile', () => {
  const read = deserializerFor('attacker-profile', registry)
  const profile = { attacker_uuid: 'x', first_seen: 10, last_seen: 20 }

  test.each([
    ['attacker_uuid', ''],
    ['attacker_ip', ''],
    ['first_seen', -1],
    ['last_seen', 9],
    ['last_seen', 1e12],
    ['asn', -1],
    ['asn', 2 ** 32],
    ['fingerprints', [{ kind: '' }]],
    ['commands', [{ phase: 'discovery' }, { phase: 'discovery' }]],
  ])('%s: %j is refused', (field, value) => {
    const json = JSON.stringify({ ...profile, [field]: value })
    expect(() => read(rawRecord(json))).toThrow(`field ${field}`)
  })
})

test('an identity link with a control character in an id is refused', () => {
  const read = deserializerFor('identity-link', registry)
  const link = { attacker_uuid: 'a', identity_uuid: 'b', root_uuid: 'c\n', cause: 'link' }
  expect(() => read(rawRecord(JSON.stringify(link)))).toThrow('field root_uuid')
  const moved = { ...link, root_uuid: 'c', cause: 'moved' }
  expect(() => read(rawRecord(JSON.stringify(moved)))).toThrow('one of link, merge, unmerge')
})
