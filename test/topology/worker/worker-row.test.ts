import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import { WORKER_ACTIONS } from '../../../schemas/worker-records.ts'
import { NEW_WORKER, type WorkerRow, workerRowCodec } from '../../../topology/worker/worker-row.ts'
import { decoded, encoded } from '../attribution/codec-round-trip.ts'

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER - 1 })
const rows: fc.Arbitrary<WorkerRow> = fc.record({
  status: fc.constantFrom('running' as const, 'paused' as const),
  isRunRequested: fc.boolean(),
  told: fc.option(
    fc.record({
      action: fc.constantFrom(...WORKER_ACTIONS),
      requested_by: fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }),
      ts: fc.double({ min: 0, max: 1e11, noNaN: true }),
    }),
  ),
  lastPassMs: fc.option(count),
  passes: count,
  pending: count,
  members: count,
  groups: count,
  failures: count,
  lastHeartbeatMs: fc.option(count),
})

test('is read back as it was', () => {
  fc.assert(
    fc.property(rows, (row) => {
      expect(decoded(workerRowCodec, encoded(workerRowCodec, row))).toEqual(row)
    }),
  )
})

test('bytes that are cut off or of another layout are refused', () => {
  const told = { action: 'run', requested_by: 'local', ts: 1 } as const
  const bytes = encoded(workerRowCodec, { ...NEW_WORKER, told })
  for (let end = 0; end < bytes.length; end++) {
    expect(() => decoded(workerRowCodec, bytes.subarray(0, end))).toThrow()
  }
  expect(() => decoded(workerRowCodec, Buffer.from([2]))).toThrow(CorruptBytesError)
  const unknownAction = Buffer.from(bytes)
  unknownAction[2] = 9
  expect(() => decoded(workerRowCodec, unknownAction)).toThrow(/worker action 9/)
})
