import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CorruptBatchError } from '../../../../broker/errors.ts'
import { readStretch } from '../../../../broker/kafka/fetch/read-stretch.ts'
import type { FetchedPartition } from '../../../../broker/kafka/wire/fetch.ts'
import { retainRecords } from '../../../../broker/record-batch/retain-records.ts'
import { RecordBatch, decodeBatches } from '../../../../broker/record-batch/record-batch.ts'
import {
  LENGTH_AT,
  LENGTH_OVERHEAD,
  HEADER_BYTES,
  RECORD_COUNT_AT,
  sealChecksum,
} from '../../../../broker/record-batch/batch-header.ts'
import { recordsOfBatches } from '../../../support/broker-records.ts'
import { TransactionalLog, type LogStep } from '../../../support/transactional-log.ts'

/** Four zero bytes are the key of an abort marker. */
const key = fc.constantFrom(Buffer.alloc(4), Buffer.from('k'), Buffer.from([0, 0, 0, 1]))
const producer = fc.integer({ min: 0, max: 3 })
const step: fc.Arbitrary<LogStep> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      producer,
      does: fc.constant('append' as const),
      keys: fc.array(key, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ producer, does: fc.constantFrom('commit' as const, 'abort' as const) }),
  },
)

const append = (who: number, count = 1): LogStep => ({
  producer: who,
  does: 'append',
  keys: Array.from({ length: count }, () => Buffer.alloc(4)),
})
const abort = (who: number): LogStep => ({ producer: who, does: 'abort' })
const commit = (who: number): LogStep => ({ producer: who, does: 'commit' })

function answer(log: TransactionalLog, fetched: ReturnType<TransactionalLog['fetch']>) {
  const { highWatermark, lastStableOffset } = log
  return {
    topic: 't',
    partition: 2,
    code: 0,
    highWatermark,
    lastStableOffset,
    logStartOffset: 0,
    ...fetched,
  } satisfies FetchedPartition
}

/** Reads to the end in answers of the sizes given; @returns the offsets seen */
function readFrom(log: TransactionalLog, start: number, sizes: readonly number[]): number[] {
  const seen: number[] = []
  let position = start
  for (let turn = 0; position < log.lastStableOffset; turn++) {
    const fetched = log.fetch(position, sizes[turn % sizes.length]!, turn % 2 === 0)
    const stretch = readStretch(answer(log, fetched), position, 'read_committed')
    expect(stretch.damage).toBeNull()
    expect(stretch.nextOffset).toBeGreaterThan(position)
    seen.push(...recordsOfBatches(stretch.batches).map(({ offset }) => offset))
    position = stretch.nextOffset
  }
  return seen
}

describe('a fetched stretch under read_committed', () => {
  it('has the committed records and no others, wherever fetches begin and end', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        (steps, from, sizes) => {
          const log = new TransactionalLog(steps)
          const start = from % (log.highWatermark + 1)
          expect(readFrom(log, start, sizes)).toEqual(log.committedFrom(start))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('leaves out overlapping transactions that were aborted in the other order (K6)', () => {
    // Producer 2 begins first and ends last, so the broker lists producer 1 before it.
    const log = new TransactionalLog([
      append(2),
      append(1),
      append(0),
      append(1),
      abort(1),
      append(2),
      abort(2),
      append(0),
    ])
    const { aborted } = log.fetch(0, 99, false)
    expect(aborted.map(({ firstOffset }) => firstOffset)).toEqual([1, 0])
    expect(readFrom(log, 0, [99])).toEqual([2, 7])
  })

  it('leaves out transactions that began before the fetch (K6)', () => {
    const log = new TransactionalLog([
      append(1),
      append(2),
      append(0),
      append(1),
      append(2),
      abort(2),
      append(1),
      abort(1),
    ])
    for (let start = 0; start <= 8; start++) {
      expect(readFrom(log, start, [99])).toEqual(start <= 2 ? [2] : [])
    }
  })

  it('does not take a key of four zero bytes for the end of a transaction (K6)', () => {
    const log = new TransactionalLog([append(1, 3), append(1, 2), abort(1), append(1), commit(1)])
    expect(readFrom(log, 0, [1])).toEqual([6])
  })

  it('ends behind markers and aborted records, so that the next fetch does not meet them', () => {
    const log = new TransactionalLog([append(1, 5), abort(1)])
    const stretch = readStretch(answer(log, log.fetch(0, 99, false)), 0, 'read_committed')
    expect([stretch.batches.length, stretch.nextOffset]).toEqual([0, 6])
  })
})

describe('a fetched stretch', () => {
  it('has aborted records too under read_uncommitted, and no markers', () => {
    const log = new TransactionalLog([append(1, 2), abort(1), append(0)])
    const stretch = readStretch(answer(log, log.fetch(0, 99, false)), 0, 'read_uncommitted')
    expect(recordsOfBatches(stretch.batches).map(({ offset }) => offset)).toEqual([0, 1, 3])
    expect(stretch.nextOffset).toBe(4)
  })

  it('ends behind a batch that compaction has emptied (K7)', () => {
    const log = new TransactionalLog([append(0, 4)])
    const [batch] = [...decodeBatches(log.fetch(0, 99, false).records)]
    const empty = Buffer.from(batch!.buffer.subarray(0, HEADER_BYTES))
    empty.writeInt32BE(HEADER_BYTES - LENGTH_OVERHEAD, LENGTH_AT)
    empty.writeInt32BE(0, RECORD_COUNT_AT)
    sealChecksum(empty)
    const fetched = { records: empty, aborted: [] }
    const stretch = readStretch(answer(log, fetched), 0, 'read_committed')
    expect(recordsOfBatches(stretch.batches)).toEqual([])
    expect(stretch.nextOffset).toBe(4)
  })

  it('ends behind the gap that compaction left at the end of a batch (K7)', () => {
    const log = new TransactionalLog([append(0, 4)])
    const [batch] = [...decodeBatches(log.fetch(0, 99, false).records)]
    const records = retainRecords(batch!, ({ offset }) => offset === 1)!
    const stretch = readStretch(answer(log, { records, aborted: [] }), 0, 'read_committed')
    expect(recordsOfBatches(stretch.batches).map(({ offset }) => offset)).toEqual([1])
    expect(stretch.nextOffset).toBe(4)
  })

  it('gives what lies before damaged bytes, and names partition and offset of the damage', () => {
    const log = new TransactionalLog([append(0, 2), append(0, 2), append(0, 2)])
    const { records } = log.fetch(0, 99, false)
    const second = new RecordBatch(records).buffer.readInt32BE(LENGTH_AT) + LENGTH_OVERHEAD
    records[second + HEADER_BYTES + 3]! ^= 1
    const stretch = readStretch(answer(log, { records, aborted: [] }), 0, 'read_committed')
    expect(recordsOfBatches(stretch.batches).map(({ offset }) => offset)).toEqual([0, 1])
    expect(stretch.nextOffset).toBe(2)
    expect(stretch.damage).toBeInstanceOf(CorruptBatchError)
    expect(stretch.damage).toMatchObject({ offset: 2 })
    expect(stretch.damage!.message).toContain('t-2')
  })

  it('is damaged when its bytes hold no batch that reaches the offset: it would come for ever', () => {
    const log = new TransactionalLog([append(0, 2), append(0, 2)])
    const { records } = log.fetch(0, 1, false)
    const fetched = { records: records.subarray(0, records.length - 1), aborted: [] }
    expect(readStretch(answer(log, fetched), 0, 'read_committed').damage).not.toBeNull()
    const earlier = { records, aborted: [] }
    expect(readStretch(answer(log, earlier), 2, 'read_committed').damage).not.toBeNull()
  })
})
