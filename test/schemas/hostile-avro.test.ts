import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deserializerFor, type RecordDeserializer } from '../../schemas/deserializer.ts'
import { DeserializationError, UnknownSchemaIdError } from '../../schemas/errors.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { RecordName, ViewName } from '../../schemas/record-types.ts'
import { RECORD_NAMES } from '../../schemas/schema-files.ts'
import { serializerFor } from '../../schemas/serializer.ts'
import { StructuredValue } from '../../schemas/structured-value.ts'
import { topicsOf } from '../../schemas/topics.ts'
import { records } from './arbitraries.ts'
import { observation } from './observations.ts'
import { rawRecord } from './raw.ts'

/** Types that the product's own schemas do not use: other writers may. */
const EVERY_TYPE = 9
const foreign = {
  type: 'record',
  name: 'IdentityLink',
  fields: [
    { name: 'attacker_uuid', type: 'string' },
    { name: 'flags', type: { type: 'array', items: 'null' } },
    {
      name: 'labels',
      type: { type: 'map', values: ['null', 'string', { type: 'array', items: 'int' }] },
    },
    { name: 'digest', type: { type: 'fixed', name: 'Digest', size: 4 } },
    { name: 'ratio', type: 'float' },
    { name: 'live', type: 'boolean' },
    { name: 'blob', type: 'bytes' },
    {
      name: 'chain',
      type: {
        type: 'record',
        name: 'Chain',
        fields: [
          { name: 'n', type: 'long' },
          { name: 'next', type: ['null', 'Chain'] },
        ],
      },
    },
    { name: 'identity_uuid', type: 'string' },
    { name: 'root_uuid', type: 'string' },
    {
      name: 'cause',
      type: { type: 'enum', name: 'MoveCause', symbols: ['unmerge', 'merge', 'link'] },
    },
  ],
}
const registry = new InProcessRegistry(new Map([[EVERY_TYPE, foreign]]))

function refusal(view: ViewName, bytes: Uint8Array): DeserializationError {
  return refusalBy(deserializerFor(view, registry), bytes)
}

function refusalBy(read: RecordDeserializer<unknown>, bytes: Uint8Array): DeserializationError {
  try {
    read(rawRecord(bytes))
  } catch (error) {
    expect(error).toBeInstanceOf(DeserializationError)
    return error as DeserializationError
  }
  throw new Error('it was taken')
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value >= 0 ? BigInt(value) * 2n : BigInt(value) * -2n - 1n
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return [...bytes, Number(rest)]
}

function text(value: string): number[] {
  return [...varint(value.length), ...Buffer.from(value)]
}

const header = [0, 0, 0, 0, EVERY_TYPE]
const end = [...text('i'), ...text('r'), 4]
interface Parts {
  flags?: number[]
  labels?: number[]
  live?: number[]
  chain?: number[]
  end?: number[]
}

/** A record of the foreign schema, written by hand. */
function foreignRecord(parts: Parts = {}): Buffer {
  return Buffer.from([
    ...header,
    ...text('a'),
    ...(parts.flags ?? [0]),
    ...(parts.labels ?? [0]),
    ...[1, 2, 3, 4],
    ...[0, 0, 0x80, 0x3f],
    ...(parts.live ?? [1]),
    ...[...varint(2), 1, 2],
    ...(parts.chain ?? [...varint(7), 0]),
    ...(parts.end ?? end),
  ])
}

const link = { attacker_uuid: 'a', identity_uuid: 'i', root_uuid: 'r', cause: 'link' }

describe('a record of another writer', () => {
  test.each<[string, Parts]>([
    ['as it is', {}],
    ['with a list of five nulls', { flags: [...varint(5), 0] }],
    ['with a block that says its size', { flags: [...varint(-2), ...varint(0), 0] }],
    ['with a map', { labels: [...varint(2), ...text('k'), 0, ...text('l'), 2, ...text('v'), 0] }],
    ['with a chain of three', { chain: [2, 2, 2, 2, 2, 0] }],
  ])('is read %s', (_, parts) => {
    expect(deserializerFor('identity-link', registry)(rawRecord(foreignRecord(parts)))).toEqual(
      link,
    )
  })

  test.each<[string, Parts, string]>([
    ['a list of 2^50 nulls', { flags: [...varint(2 ** 50), 0] }, 'flags'],
    ['a list of 2^33 nulls', { flags: [...varint(2 ** 33), 0] }, 'flags'],
    ['many lists of nulls', { flags: [...Array.from({ length: 20 }, () => 60), 0] }, 'flags'],
    ['a block of negative size', { flags: [...varint(-1), ...varint(-9), 0] }, 'flags'],
    ['a block of a size beyond the end', { flags: [...varint(-1), ...varint(500), 0] }, 'flags'],
    [
      'a block of another size than its items',
      { flags: [...varint(-1), ...varint(3), 0] },
      'flags',
    ],
    ['a map of 2^40 entries', { labels: [...varint(2 ** 40), 0] }, 'labels'],
    ['a key of negative length', { labels: [...varint(1), ...varint(-5), 0, 0] }, 'labels'],
    ['a branch that is none', { labels: [...varint(1), ...text('k'), 6, 0] }, 'labels'],
    ['a branch below 0', { labels: [...varint(1), ...text('k'), 1, 0] }, 'labels'],
    ['a boolean of 2', { live: [2] }, 'live'],
    ['a chain of 1,000', { chain: [...Array.from({ length: 2_000 }, () => 2), 2, 0] }, ''],
    ['a long of eleven bytes', { chain: [...Array.from({ length: 10 }, () => 255), 1, 0] }, 'n'],
    ['a symbol that is none', { end: [...text('i'), ...text('r'), 6] }, 'cause'],
    ['a symbol below 0', { end: [...text('i'), ...text('r'), 1] }, 'cause'],
    ['bytes after the last field', { end: [...end, 0] }, ''],
    ['text longer than what is left', { end: [...text('i'), ...varint(9), 114, 4] }, 'root_uuid'],
  ])('is refused with %s', (_, parts, field) => {
    expect(refusal('identity-link', foreignRecord(parts)).field).toBe(field)
  })

  test('is refused where a long is beyond 2^53', () => {
    const bytes = serializerFor(
      'dead-letter',
      registry,
      'avro',
    )({
      topic: '',
      partition: 0,
      offset: 1,
      error_class: '',
      error_message: '',
      key: null,
      value: null,
      timestamp_ms: 0,
    })
    const huge = Buffer.concat([
      bytes.subarray(0, 7),
      Buffer.from([254, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
      bytes.subarray(8),
    ])
    expect(refusal('dead-letter', huge).message).toContain('offset: expected an integer below 2^53')
  })
})

describe('a record that ends early', () => {
  const views: readonly ViewName[] = [
    ...RECORD_NAMES,
    'observation-view',
    'identity-observation-view',
  ]
  test.each(views)('is refused at every byte: %s', (view) => {
    const name = view.replace('-view', '') as RecordName
    const write = serializerFor(name, registry, 'avro', topicsOf(name)[0]!)
    const read = deserializerFor(view, registry)
    for (const record of fc.sample(records[name] as fc.Arbitrary<never>, { numRuns: 3, seed: 1 })) {
      const bytes = Buffer.from(write(record))
      for (let length = 0; length < bytes.length; length++) {
        refusalBy(read, bytes.subarray(0, length))
      }
      refusalBy(read, Buffer.concat([bytes, Buffer.from([0])]))
    }
  })
})

describe('an object as Avro', () => {
  const write = serializerFor('observation', registry, 'avro')

  test.each([
    ['no JSON', '{', 'JSON'],
    ['a list', ' [1]', 'a JSON object'],
    ['text', '"x"', 'a JSON object'],
    ['null', 'null', 'a JSON object'],
    ['levels without end', '{"a":'.repeat(1_000) + '1' + '}'.repeat(1_000), 'at most 16 levels'],
    ['1 MB', `{"a":"${'x'.repeat(1_000_000)}"}`, 'at most 65536 bytes'],
    ['60,000 bytes', `{"a":"${'x'.repeat(60_000)}"}`, 'at most 8192 bytes'],
    ['a number beyond a double', '{"a":1e999}', 'within the range of a double'],
  ])('is refused with %s inside', (_, json, says) => {
    const bytes = write({ ...observation, value: new StructuredValue(json) })
    expect(refusal('observation-view', bytes).message).toContain(says)
  })

  test('is made canonical', () => {
    const json = '{ "b": 1.0, "a": {"z": -0, "__proto__": "\\u0041"} }'
    const bytes = write({ ...observation, value: new StructuredValue(json) })
    expect(deserializerFor('observation-view', registry)(rawRecord(bytes)).value).toEqual(
      new StructuredValue('{"a":{"__proto__":"A","z":0},"b":1}'),
    )
  })
})

test('an id that the registry does not know is named', () => {
  const error = refusal('observation', Buffer.from([0, 0xff, 0xff, 0xff, 0xfe, 2]))
  expect(error).toBeInstanceOf(UnknownSchemaIdError)
  expect(error).toMatchObject({ code: 'UNKNOWN_SCHEMA_ID', schemaId: 0xfffffffe })
  expect(error.message).toContain('id 4294967294')
})

test('a schema of another record is refused, the second time too', () => {
  const bytes = Buffer.from(serializerFor('identity-link', registry, 'avro')(link as never))
  const read = deserializerFor('observation', registry)
  for (let i = 0; i < 2; i++) {
    expect(() => read(rawRecord(bytes))).toThrow(/can be read as observation.*schema id 3001/)
  }
})

describe('random bytes', () => {
  const views: readonly ViewName[] = [...RECORD_NAMES, 'observation-view']
  const readers = views.map((view) => deserializerFor(view, registry))

  function readAll(bytes: Uint8Array): void {
    for (const read of readers) {
      try {
        read(rawRecord(bytes))
      } catch (error) {
        if (!(error instanceof DeserializationError)) throw error
      }
    }
  }

  test('throw nothing but deserialization errors', () => {
    const ids = [EVERY_TYPE, 1001, 2001, 3001, 4001, 5001, 6001, 7001, 8001]
    const framed = fc
      .tuple(fc.constantFrom(...ids), fc.uint8Array({ maxLength: 120 }))
      .map(([id, bytes]) => Buffer.from([0, 0, 0, id >> 8, id & 255, ...bytes]))
    fc.assert(fc.property(fc.oneof(framed, fc.uint8Array()), readAll), { numRuns: 1_500 })
  })

  test('in the place of good ones throw nothing else', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
    const formats = fc.constantFrom('avro' as const, 'json' as const)
    const names = fc.constantFrom(...RECORD_NAMES)
    const good = fc.tuple(names, formats).chain(([name, format]) => {
      const write = serializerFor(name, registry, format, topicsOf(name)[0]!)
      return (records[name] as fc.Arbitrary<never>).map((record) => Buffer.from(write(record)))
    })
    fc.assert(
      fc.property(good, edits, (bytes, changes) => {
        const edited = Buffer.from(bytes)
        for (const [at, byte] of changes) edited[at % edited.length] = byte
        readAll(edited)
      }),
      { numRuns: 1_000 },
    )
  })
})
