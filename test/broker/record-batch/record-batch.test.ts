import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CorruptBatchError } from '../../../broker/errors.ts'
import { BatchBuilder, type BatchProducer } from '../../../broker/record-batch/batch-builder.ts'
import { setBaseOffset, setLogAppendTime } from '../../../broker/record-batch/batch-header.ts'
import { encodeMarker, markerVerdict } from '../../../broker/record-batch/control-record.ts'
import { RecordBatch, decodeBatches } from '../../../broker/record-batch/record-batch.ts'
import { rawKey, rawValue, readHeaders } from '../../../broker/record-batch/record-fields.ts'
import type { RawRecord, RecordHeader } from '../../../broker/record-batch/record.ts'

interface PlainRecord {
  key: Buffer | null
  value: Buffer | null
  timestampMs: number
  headers: RecordHeader[]
}

const anonymous: BatchProducer = {
  producerId: -1n,
  producerEpoch: -1,
  baseSequence: -1,
  isTransactional: false,
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const plainRecord: fc.Arbitrary<PlainRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  timestampMs: fc.oneof(
    fc.integer({ min: -1, max: 5 }),
    fc.integer({ min: 1_699_999_000_000, max: 1_700_000_000_000 }),
    fc.maxSafeNat(),
  ),
  headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme' }), value: fc.option(bytes) }), {
    maxLength: 3,
  }),
})

function build(records: readonly PlainRecord[]): BatchBuilder {
  const builder = new BatchBuilder({ initialBytes: 64 })
  for (const { key, value, timestampMs, headers } of records) {
    builder.append(key, value, timestampMs, headers)
  }
  return builder
}

function plain(record: RawRecord): PlainRecord {
  return {
    key: rawKey(record),
    value: rawValue(record),
    timestampMs: record.timestampMs,
    headers: readHeaders(record),
  }
}

function recordsOf(batch: RecordBatch): RawRecord[] {
  const records: RawRecord[] = []
  batch.forEach((record) => records.push(record))
  return records
}

function only(buffer: Buffer): RecordBatch {
  const batches = [...decodeBatches(buffer)]
  expect(batches).toHaveLength(1)
  return batches[0]!
}

function oneRecordBatch(): Buffer {
  return build([
    { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 5, headers: [] },
  ]).finish(anonymous)
}

describe('record batch', () => {
  it('gives back keys, values, times and headers of every record', () => {
    fc.assert(
      fc.property(fc.array(plainRecord, { minLength: 1, maxLength: 30 }), (records) => {
        const batch = only(build(records).finish(anonymous))
        expect(recordsOf(batch).map(plain)).toEqual(records)
        expect(batch.maxTimestampMs).toBe(Math.max(...records.map((r) => r.timestampMs)))
        expect(batch.recordCount).toBe(records.length)
      }),
    )
  })

  it('is the same after records were appended and rolled back', () => {
    const some = fc.array(plainRecord, { maxLength: 8 })
    fc.assert(
      fc.property(some, some, some, (before, dropped, after) => {
        fc.pre(before.length + after.length > 0)
        const builder = build(before)
        const mark = builder.mark()
        for (const { key, value, timestampMs, headers } of dropped) {
          builder.append(key, value, timestampMs, headers)
        }
        builder.rollback(mark)
        for (const { key, value, timestampMs, headers } of after) {
          builder.append(key, value, timestampMs, headers)
        }
        const expected = build([...before, ...after]).finish(anonymous)
        expect(builder.sizeBytes).toBe(expected.length)
        expect(builder.finish(anonymous).equals(expected)).toBe(true)
      }),
    )
  })

  it('equals a batch written by hand from the format description', () => {
    const expected = Buffer.from(
      '0000000000000000' + // base offset
        '0000003b' + // length
        'ffffffff' + // leader epoch
        '02' + // magic
        '00000000' + // crc, compared apart
        '0010' + // transactional
        '00000000' + // last offset delta
        '0000018bcfe56800' + // base timestamp 1700000000000
        '0000018bcfe56800' +
        '0000000000000007' + // producer id
        '0002' + // epoch
        '00000009' + // sequence
        '00000001' + // count
        '12' + // record length 9
        '00' + // attributes
        '00' + // timestamp delta
        '00' + // offset delta
        '026b' + // key "k"
        '047676' + // value "vv"
        '00', // no headers
      'hex',
    )
    const builder = new BatchBuilder()
    builder.append(Buffer.from('k'), Buffer.from('vv'), 1_700_000_000_000)
    const batch = builder.finish({
      producerId: 7n,
      producerEpoch: 2,
      baseSequence: 9,
      isTransactional: true,
    })
    expect(batch.readUInt32BE(17)).not.toBe(0)
    batch.writeUInt32BE(0, 17)
    expect(batch.toString('hex')).toBe(expected.toString('hex'))
  })

  it('carries who sent it', () => {
    const builder = new BatchBuilder()
    builder.append(null, null, 1)
    const batch = only(
      builder.finish({
        producerId: 2n ** 62n,
        producerEpoch: 32_767,
        baseSequence: 2_147_483_647,
        isTransactional: true,
      }),
    )
    expect(batch.producerId).toBe(2n ** 62n)
    expect(batch.producerEpoch).toBe(32_767)
    expect(batch.baseSequence).toBe(2_147_483_647)
    expect(batch.isTransactional).toBe(true)
    expect(batch.isControl).toBe(false)
  })

  it('takes a base offset beyond 2^32 without a new checksum', () => {
    const buffer = oneRecordBatch()
    setBaseOffset(buffer, 2 ** 40 + 3)
    const batch = only(buffer)
    expect(batch.baseOffset).toBe(2 ** 40 + 3)
    expect(recordsOf(batch)[0]!.offset).toBe(2 ** 40 + 3)
  })

  it('gives every record the append time once the broker stamped it', () => {
    const builder = new BatchBuilder()
    builder.append(null, Buffer.from('a'), 100)
    builder.append(null, Buffer.from('b'), 50)
    const buffer = builder.finish(anonymous)
    setLogAppendTime(buffer, 1_700_000_000_001)
    const batch = only(buffer)
    expect(batch.isLogAppendTime).toBe(true)
    expect(recordsOf(batch).map((r) => r.timestampMs)).toEqual([
      1_700_000_000_001, 1_700_000_000_001,
    ])
  })

  it('passes over records before the offset it is seen from', () => {
    const builder = new BatchBuilder()
    for (let i = 0; i < 5; i++) builder.append(null, Buffer.from([i]), 0)
    const buffer = builder.finish(anonymous)
    setBaseOffset(buffer, 10)
    const batch = only(buffer).from(13)
    expect(recordsOf(batch).map((r) => r.offset)).toEqual([13, 14])
    expect(batch.baseOffset).toBe(10)
  })

  it('drops a batch cut off at the end and gives those before it', () => {
    const two = Buffer.concat([oneRecordBatch(), oneRecordBatch()])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: two.length / 2 }), (cut) => {
        expect([...decodeBatches(two.subarray(0, two.length - cut))]).toHaveLength(1)
      }),
    )
  })

  it('refuses a batch in which any bit after the leader epoch changed', () => {
    const sound = oneRecordBatch()
    setBaseOffset(sound, 42)
    fc.assert(
      fc.property(fc.integer({ min: 16, max: sound.length - 1 }), fc.nat(7), (at, bit) => {
        const damaged = Buffer.from(sound)
        damaged[at]! ^= 1 << bit
        expect(() => [...decodeBatches(damaged)]).toThrow(CorruptBatchError)
      }),
    )
    const damaged = Buffer.from(sound)
    damaged[66]! ^= 1
    expect(() => [...decodeBatches(damaged)]).toThrow(expect.objectContaining({ offset: 42 }))
  })

  it('refuses records whose lengths lie, also under a valid checksum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 57, max: 70 }), fc.nat(255), (at, byte) => {
        const buffer = oneRecordBatch()
        buffer[Math.min(at, buffer.length - 1)] = byte
        try {
          new RecordBatch(buffer).forEach((record) => {
            expect(record.keyEnd).toBeLessThanOrEqual(buffer.length)
            expect(record.valueEnd).toBeLessThanOrEqual(buffer.length)
            readHeaders(record)
          })
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptBatchError)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it.each(['commit', 'abort'] as const)('marks the %s of a transaction', (verdict) => {
    const batch = only(
      encodeMarker({ verdict, producerId: 12n, producerEpoch: 3, timestampMs: 1_700_000_000_000 }),
    )
    expect(batch.isControl).toBe(true)
    expect(batch.isTransactional).toBe(true)
    expect(batch.producerId).toBe(12n)
    expect(markerVerdict(batch)).toBe(verdict)
  })

  it('is spent once finished', () => {
    const builder = new BatchBuilder()
    expect(() => builder.finish(anonymous)).toThrow(RangeError)
    builder.append(null, null, 0)
    builder.finish(anonymous)
    expect(() => builder.append(null, null, 0)).toThrow(RangeError)
    expect(() => builder.finish(anonymous)).toThrow(RangeError)
  })

  it.each([NaN, -2, 2 ** 53, Infinity])('refuses %d as a timestamp', (timestampMs) => {
    expect(() => new BatchBuilder().append(null, null, timestampMs)).toThrow(RangeError)
  })
})
