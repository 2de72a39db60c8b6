import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBatches } from '../../../broker/record-batch/record-batch.ts'
import { retainRecords } from '../../../broker/record-batch/retain-records.ts'
import { setBaseOffset } from '../../../broker/record-batch/batch-header.ts'
import { TIME_MS, batchOf, recordsOfBatches } from '../../support/broker-records.ts'

const producer = { producerId: 5n, producerEpoch: 1, baseSequence: 3, isTransactional: true }

describe('retaining records of a batch', () => {
  it('keeps offsets, times, headers and the span of the batch', () => {
    const records = fc.array(
      fc.record({
        value: fc.option(fc.string()),
        timestampMs: fc.integer({ min: 0, max: 2 * TIME_MS }),
        headers: fc.array(fc.record({ key: fc.string(), value: fc.constant(Buffer.from('h')) }), {
          maxLength: 2,
        }),
        isKept: fc.boolean(),
      }),
      { minLength: 1, maxLength: 20 },
    )
    fc.assert(
      fc.property(records, fc.nat(2 ** 40), (all, baseOffset) => {
        const buffer = batchOf(all).finish(producer)
        setBaseOffset(buffer, baseOffset)
        const [batch] = [...decodeBatches(buffer)]
        const before = recordsOfBatches([batch!])
        const left = retainRecords(batch!, ({ offset }) => all[offset - baseOffset]!.isKept)
        const expected = before.filter((_, i) => all[i]!.isKept)
        if (expected.length === 0) {
          expect(left).toBeNull()
          return
        }
        if (expected.length === all.length) expect(left).toBe(batch!.buffer)
        const [compacted] = [...decodeBatches(left!)]
        expect(recordsOfBatches([compacted!])).toEqual(expected)
        expect(compacted!.recordCount).toBe(expected.length)
        expect(compacted!.baseOffset).toBe(baseOffset)
        expect(compacted!.lastOffset).toBe(batch!.lastOffset)
        expect(compacted!.maxTimestampMs).toBe(Math.max(...expected.map((r) => r.timestampMs)))
        expect(compacted!.producerId).toBe(5n)
        expect(compacted!.isTransactional).toBe(true)
      }),
    )
  })
})
