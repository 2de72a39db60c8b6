import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AvroDecoder } from '../../schemas/avro-decoder.ts'
import { avroType } from '../../schemas/avro-types.ts'
import { DeserializationError } from '../../schemas/errors.ts'
import type { RecordName, ViewName } from '../../schemas/record-types.ts'
import { SchemaMismatch } from '../../schemas/schema-mismatch.ts'
import { currentSchema, RECORD_NAMES } from '../../schemas/schema-files.ts'
import { serializerFor } from '../../schemas/serializer.ts'
import { topicsOf } from '../../schemas/topics.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { readerSchema } from '../../schemas/views.ts'
import { records } from './arbitraries.ts'

type Schema = string | object

/** A type with values of it, as avsc takes them. */
interface Sample {
  readonly schema: Schema
  readonly values: fc.Arbitrary<unknown>
  /** What a reader may read it as; empty: only skipped. */
  readonly readers: readonly Schema[]
}

const number = fc.double({ noNaN: true })
const int = fc.integer()
const long = fc.maxSafeInteger().filter((n) => Math.abs(n) < Number.MAX_SAFE_INTEGER - 1)
const text = fc.string({ unit: 'binary' })
const bytes = fc.uint8Array({ maxLength: 9 }).map((b) => Buffer.from(b))

const leaves: readonly Sample[] = [
  { schema: 'null', values: fc.constant(null), readers: ['null'] },
  { schema: 'boolean', values: fc.boolean(), readers: ['boolean'] },
  { schema: 'int', values: int, readers: ['int', 'long', 'double', ['null', 'double']] },
  { schema: 'long', values: long, readers: ['long', 'double'] },
  { schema: 'float', values: fc.float({ noNaN: true }), readers: ['double'] },
  { schema: 'double', values: number, readers: ['double', ['null', 'string', 'double']] },
  { schema: 'string', values: text, readers: ['string', ['null', 'boolean', 'string']] },
  { schema: 'bytes', values: bytes, readers: ['bytes', ['null', 'bytes']] },
]

/** Lists, maps, nullable types and records of it. */
function around(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  // Items without bytes are refused: a record of a few bytes could claim any number of them.
  const list = inner
    .filter(({ schema }) => schema !== 'null')
    .map(({ schema, values, readers }): Sample => ({
      schema: { type: 'array', items: schema },
      values: fc.array(values, { maxLength: 3 }),
      readers: readers.map((items) => ({ type: 'array', items })),
    }))
  const map = inner.map(({ schema, values }): Sample => ({
    schema: { type: 'map', values: schema },
    values: fc.dictionary(fc.string(), values, { maxKeys: 3, noNullPrototype: true }),
    readers: [],
  }))
  const nullable = inner
    .filter(({ schema }) => !Array.isArray(schema) && schema !== 'null')
    .map(({ schema, values, readers }): Sample => ({
      schema: ['null', schema],
      values: fc.option(values),
      readers: readers.filter((reader) => !Array.isArray(reader)).map((reader) => ['null', reader]),
    }))
  return fc.oneof(list, map, nullable)
}

const sample = fc.oneof(
  fc.constantFrom(...leaves),
  around(fc.constantFrom(...leaves)),
  around(around(fc.constantFrom(...leaves))),
)

/** A writer's record, a reader's of some of its fields, and a value. */
const pairs = fc
  .array(fc.tuple(sample, fc.nat()), { minLength: 1, maxLength: 6 })
  .chain((fields) => {
    const writer = {
      type: 'record',
      name: 'R',
      fields: fields.map(([{ schema }], i) => ({ name: `f${i}`, type: schema })),
    }
    const reader = {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'absent', type: ['null', 'string'], default: null },
        ...fields.flatMap(([{ readers }, choice], i) => {
          const pick = choice % (readers.length + 1)
          return pick === 0 ? [] : [{ name: `f${i}`, type: readers[pick - 1] }]
        }),
      ],
    }
    const value = fc.record(
      Object.fromEntries(fields.map(([{ values }], i) => [`f${i}`, values] as const)),
    )
    return fc.tuple(fc.constant(writer), fc.constant(reader), value)
  })

function decode(decoder: AvroDecoder, bytes: Buffer): unknown {
  const around = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')])
  return decoder.decode(around, 6, 6 + bytes.length)
}

describe('the decoder', () => {
  test('reads what avsc reads, whatever the schemas', () => {
    fc.assert(
      fc.property(pairs, ([writerSchema, readerSchema, value]) => {
        const [writer, reader] = [avroType(writerSchema), avroType(readerSchema)]
        const bytes = writer.toBuffer(value)
        const expected: unknown = reader.decode(bytes, 0, reader.createResolver(writer)).value
        const decoder = new AvroDecoder(writer, reader)
        expect(decode(decoder, bytes)).toEqual(expected)
        // Scratch of the decoder must not show in the next record.
        expect(decode(decoder, bytes)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('refuses every beginning of a record, whatever the schemas', () => {
    fc.assert(
      fc.property(pairs, ([writerSchema, readerSchema, value]) => {
        const writer = avroType(writerSchema)
        const decoder = new AvroDecoder(writer, avroType(readerSchema))
        const bytes = writer.toBuffer(value)
        for (let length = 0; length < bytes.length; length++) {
          expect(() => decode(decoder, bytes.subarray(0, length))).toThrow(DeserializationError)
        }
      }),
      { numRuns: 50 },
    )
  })

  const views: readonly ViewName[] = [
    ...RECORD_NAMES,
    'observation-view',
    'identity-observation-view',
  ]
  test.each(views)('reads what avsc reads: %s', (view) => {
    const name = view.replace('-view', '') as RecordName
    const writer = avroType(currentSchema(name).schema)
    const reader = avroType(readerSchema(view))
    const resolver = reader.createResolver(writer)
    const decoder = new AvroDecoder(writer, reader)
    const write = serializerFor(name, new InProcessRegistry(), 'avro', topicsOf(name)[0]!)
    fc.assert(
      fc.property(records[name] as fc.Arbitrary<never>, (record) => {
        const bytes = write(record).subarray(5)
        const expected: unknown = reader.decode(Buffer.from(bytes), 0, resolver).value
        expect(decode(decoder, bytes)).toEqual(expected)
      }),
    )
  })
})

describe('schemas that do not fit', () => {
  const record = (type: Schema, name = 'f'): object => ({
    type: 'record',
    name: 'R',
    fields: [{ name, type }],
  })

  test.each<[Schema, Schema]>([
    ['string', 'double'],
    ['double', 'int'],
    ['double', 'long'],
    ['long', 'int'],
    ['int', 'string'],
    ['null', 'string'],
    ['boolean', 'int'],
    ['string', ['null', 'double']],
    [['null', 'boolean'], 'string'],
    [
      { type: 'array', items: 'string' },
      { type: 'array', items: 'int' },
    ],
    ['string', { type: 'array', items: 'string' }],
    [
      { type: 'map', values: 'int' },
      { type: 'array', items: 'int' },
    ],
    [
      { type: 'enum', name: 'A', symbols: ['a'] },
      { type: 'enum', name: 'B', symbols: ['a'] },
    ],
    ['string', { type: 'enum', name: 'B', symbols: ['a'] }],
    ['string', { type: 'record', name: 'Inner', fields: [] }],
  ])('%j is not read as %j', (writer, reader) => {
    const make = () => new AvroDecoder(avroType(record(writer)), avroType(record(reader)))
    expect(make).toThrow(SchemaMismatch)
  })

  test('a field without default must be written', () => {
    const make = () => new AvroDecoder(avroType(record('int', 'g')), avroType(record('int')))
    expect(make).toThrow('R has no field f')
  })

  test('a branch of the writer that cannot be read fails only where it is met', () => {
    const writer = avroType(record(['null', 'string', 'boolean']))
    const decoder = new AvroDecoder(writer, avroType(record(['null', 'string'])))
    expect(decode(decoder, writer.toBuffer({ f: 'x' }))).toEqual({ f: 'x' })
    expect(() => decode(decoder, writer.toBuffer({ f: true }))).toThrow(
      'field f: expected a type that the field has, received boolean',
    )
  })

  test('a symbol that the reader has not fails only where it is met', () => {
    const writer = avroType(record({ type: 'enum', name: 'n.E', symbols: ['c', 'a', 'b'] }))
    const reader = avroType(record({ type: 'enum', name: 'm.E', symbols: ['a', 'b'] }))
    const decoder = new AvroDecoder(writer, reader)
    expect(decode(decoder, writer.toBuffer({ f: 'b' }))).toEqual({ f: 'b' })
    expect(() => decode(decoder, writer.toBuffer({ f: 'c' }))).toThrow('one of a, b, received c')
  })
})

test.each([
  0,
  1,
  -1,
  63,
  64,
  -64,
  -65,
  2 ** 31,
  -(2 ** 31),
  2 ** 48,
  2 ** 49,
  -(2 ** 52),
  2 ** 53 - 2,
])('reads the long %d', (value) => {
  const type = avroType({ type: 'record', name: 'R', fields: [{ name: 'f', type: 'long' }] })
  expect(decode(new AvroDecoder(type, type), type.toBuffer({ f: value }))).toEqual({ f: value })
})

test('rounds a long beyond 2^53 where the reader has a double', () => {
  const long = avroType({ type: 'record', name: 'R', fields: [{ name: 'f', type: 'long' }] })
  const double = avroType({ type: 'record', name: 'R', fields: [{ name: 'f', type: 'double' }] })
  // The greatest and the least of 64 bits.
  const greatest = Buffer.from('feffffffffffffffff01', 'hex')
  const least = Buffer.from('ffffffffffffffffff01', 'hex')
  expect(decode(new AvroDecoder(long, double), greatest)).toEqual({ f: 2 ** 63 })
  expect(decode(new AvroDecoder(long, double), least)).toEqual({ f: -(2 ** 63) })
  expect(() => decode(new AvroDecoder(long, long), greatest)).toThrow('below 2^53')
})

test('gives bytes of their own', () => {
  const type = avroType({ type: 'record', name: 'R', fields: [{ name: 'f', type: 'bytes' }] })
  const bytes = type.toBuffer({ f: Buffer.from('abc') })
  const { f } = new AvroDecoder(type, type).decode(bytes, 0, bytes.length) as { f: Buffer }
  bytes.fill(0)
  expect(f.toString()).toBe('abc')
})
