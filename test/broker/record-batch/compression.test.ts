import * as zlib from 'node:zlib'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CorruptBatchError, UnsupportedCompressionError } from '../../../broker/errors.ts'
import {
  codecOf,
  requireCompression,
  type Compression,
} from '../../../broker/record-batch/compression/compression.ts'
import { MissingCodecError } from '../../../broker/record-batch/compression/missing-codec-error.ts'
import { optionalPackage } from '../../../broker/record-batch/compression/optional-package.ts'
import { RecordsTooLargeError } from '../../../broker/record-batch/compression/record-codec.ts'
import { readingCodec } from '../../../broker/record-batch/compression/zstd-codec.ts'
import {
  ATTRIBUTES_AT,
  HEADER_BYTES,
  sealChecksum,
  setBaseOffset,
} from '../../../broker/record-batch/batch-header.ts'
import { decodeBatches, type RecordBatch } from '../../../broker/record-batch/record-batch.ts'
import { retainRecords } from '../../../broker/record-batch/retain-records.ts'
import { batchOf, recordsOfBatches, type TextRecord } from '../../support/broker-records.ts'

const producer = { producerId: 9n, producerEpoch: 1, baseSequence: 0, isTransactional: true }

const nodeWritesZstd = 'zstdCompressSync' in zlib
const readable: Compression[] = ['gzip', 'snappy', 'lz4', 'zstd']
const writable = readable.filter((name) => name !== 'zstd' || nodeWritesZstd)

/** What Kafka's Java producer (4.3.1) was given for the batches in golden/. */
function goldenRecords(): Required<TextRecord>[] {
  return Array.from({ length: 500 }, (_, i) => ({
    key: i % 5 === 0 ? null : `key-${i % 7}`,
    value: i % 11 === 0 ? null : `value ${i} ${'abcdefghij'.repeat(10)}`,
    timestampMs: 1_700_000_000_000 + i * 10,
    headers: i % 50 === 0 ? [{ key: 'n', value: Buffer.from(String(i)) }] : [],
  }))
}

function golden(name: Compression): RecordBatch[] {
  const file = new URL(`golden/${name}.batch`, import.meta.url)
  return [...decodeBatches(readFileSync(file))]
}

const numbers: Record<Compression, number> = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

/** A batch of one record whose section is replaced by `bytes`. */
function batchWith(codec: number, bytes: Buffer): RecordBatch {
  const header = batchOf([{}]).finish(producer).subarray(0, HEADER_BYTES)
  const buffer = Buffer.concat([header, bytes])
  buffer.writeInt32BE(buffer.length - 12, 8)
  buffer.writeInt16BE(codec, ATTRIBUTES_AT)
  sealChecksum(buffer)
  setBaseOffset(buffer, 77)
  return [...decodeBatches(buffer)][0]!
}

const textRecord = fc.record({
  key: fc.option(fc.string(), { nil: null }),
  value: fc.option(fc.string({ maxLength: 200 }), { nil: null }),
  timestampMs: fc.nat(2 ** 41),
})

describe('compressed record batch', () => {
  it.each(readable)('of a Java producer is read: %s', (name) => {
    const batches = golden(name)
    expect(batches.map(({ buffer }) => buffer.readInt16BE(ATTRIBUTES_AT) & 7)).toEqual(
      batches.map(() => numbers[name]),
    )
    expect(recordsOfBatches(batches)).toEqual(
      goldenRecords().map((record, offset) => ({ offset, ...record })),
    )
  })

  it.each(writable)('gives back what was compressed: %s', (name) => {
    const records = fc.array(textRecord, { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(records, fc.nat(2 ** 40), (all, baseOffset) => {
        const plain = batchOf(all).finish(producer)
        const packed = batchOf(all).finish(producer, name)
        for (const buffer of [plain, packed]) setBaseOffset(buffer, baseOffset)
        const [expected, batch] = [plain, packed].map((buffer) => [...decodeBatches(buffer)])
        expect(recordsOfBatches(batch!)).toEqual(recordsOfBatches(expected!))
        expect(batch![0]!.maxTimestampMs).toBe(expected![0]!.maxTimestampMs)
        expect(batch![0]!.producerId).toBe(9n)
      }),
      { numRuns: 50 },
    )
  })

  it.each(writable)('of many blocks is smaller and comes back whole: %s', (name) => {
    const all = Array.from({ length: 3000 }, (_, i) => ({ value: `${i} `.repeat(40) }))
    const plain = batchOf(all).finish(producer)
    const packed = batchOf(all).finish(producer, name)
    expect(packed.length).toBeLessThan(plain.length / 3)
    expect(recordsOfBatches([...decodeBatches(packed)])).toEqual(
      recordsOfBatches([...decodeBatches(plain)]),
    )
  })

  it.each(writable)('is compacted to an uncompressed one, or stays whole: %s', (name) => {
    const all = Array.from({ length: 100 }, (_, i) => ({ value: `v${i}` }))
    const [batch] = [...decodeBatches(batchOf(all).finish(producer, name))]
    expect(retainRecords(batch!, () => true)).toBe(batch!.buffer)
    expect(retainRecords(batch!, () => false)).toBeNull()
    const left = [...decodeBatches(retainRecords(batch!, ({ offset }) => offset % 3 === 0)!)]
    expect(recordsOfBatches(left)).toEqual(
      recordsOfBatches([batch!]).filter(({ offset }) => offset % 3 === 0),
    )
    expect(left[0]!.lastOffset).toBe(99)
  })

  it('without the framing of Java is read: snappy', () => {
    const section = batchOf([{ value: 'plain block' }])
      .finish(producer)
      .subarray(HEADER_BYTES)
    const snappy = createRequire(import.meta.url)('snappy') as {
      compressSync(bytes: Buffer): Buffer
    }
    const batch = batchWith(2, snappy.compressSync(section))
    expect(recordsOfBatches([batch]).map(({ value }) => value)).toEqual(['plain block'])
  })

  it('is read by plain JavaScript where Node has no zstd', () => {
    const [batch] = golden('zstd')
    const compressed = batch!.buffer.subarray(HEADER_BYTES)
    const expected = codecOf('zstd').decompress(compressed, 2 ** 24)
    expect(
      readingCodec()
        .decompress(compressed, 2 ** 24)
        .equals(expected),
    ).toBe(true)
    expect(() => readingCodec().compress(expected)).toThrow(MissingCodecError)
  })

  it.each(writable)('that would grow beyond the limit is refused: %s', (name) => {
    const zeros = Buffer.alloc(3_000_000)
    const codec = codecOf(name)
    const packed = codec.compress(zeros)
    expect(codec.decompress(packed, zeros.length + 70_000).equals(zeros)).toBe(true)
    expect(() => codec.decompress(packed, 1_000_000)).toThrow(RecordsTooLargeError)
  })

  it('that would grow beyond the limit is refused: zstd in plain JavaScript', () => {
    const section = golden('zstd')[0]!.buffer.subarray(HEADER_BYTES)
    expect(() => readingCodec().decompress(section, 1000)).toThrow(RecordsTooLargeError)
    // A frame that asks for a window of 2 GiB.
    const greedy = Buffer.from('28b52ffd00a8', 'hex')
    expect(() => readingCodec().decompress(greedy, 2 ** 27)).toThrow(RecordsTooLargeError)
  })

  it('that would take too much memory names the batch', () => {
    const bomb = batchWith(1, zlib.gzipSync(Buffer.alloc(129 * 1024 * 1024)))
    const read = (): void => bomb.forEach(() => undefined)
    expect(read).toThrow(UnsupportedCompressionError)
    expect(read).toThrow(/offset 77 is compressed with gzip: its records grow to more than/)
  })

  it('of a codec that nobody knows is refused with its number', () => {
    const read = (): void => batchWith(6, Buffer.from('x')).forEach(() => undefined)
    expect(read).toThrow(UnsupportedCompressionError)
    expect(read).toThrow(/codec 6/)
  })

  it.each(readable)('with bytes of another format is corrupt, whatever they are: %s', (name) => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.constant(zlib.deflateRawSync(Buffer.from('no codec at all'))),
      fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.nat(60) }).map(({ at, byte, cut }) => {
        const sound = Buffer.from(golden(name)[0]!.buffer.subarray(HEADER_BYTES))
        sound[at % sound.length] = byte
        return sound.subarray(0, sound.length - cut)
      }),
    )
    fc.assert(
      fc.property(garbage, (bytes) => {
        try {
          batchWith(numbers[name], bytes).forEach(() => undefined)
        } catch (error) {
          if (!(error instanceof UnsupportedCompressionError)) {
            expect(error).toBeInstanceOf(CorruptBatchError)
            expect(error).toHaveProperty('offset', 77)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('codecs', () => {
  it('of a package that is not installed say which one to install', () => {
    expect(() => optionalPackage('no-such-codec')).toThrow(
      expect.objectContaining({ message: 'install the package "no-such-codec"' }),
    )
  })

  it.each(writable)('can be required before the first batch: %s', (name) => {
    requireCompression(name)
  })
})
