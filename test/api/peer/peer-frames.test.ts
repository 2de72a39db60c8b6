import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeRows,
  decodeValue,
  encodeRows,
  encodeValue,
  PeerFrameError,
} from '../../../api/peer/peer-frames.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'

const inputs = fc.array(
  fc.record({ topic: fc.string(), partition: fc.nat(), offset: fc.maxSafeNat() }),
  { maxLength: 5 },
)
const position = fc
  .tuple(fc.boolean(), fc.nat(), fc.maxSafeNat(), inputs)
  .map(([stale, stalenessMs, lag, given]) => ({
    taskId: '3_14',
    role: stale ? ('standby' as const) : ('active' as const),
    stale,
    stalenessMs,
    lag,
    inputs: given,
  }))
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
const rows = fc
  .uniqueArray(
    bytes.map((each) => each.toString('latin1')),
    { maxLength: 20 },
  )
  .chain((keys) => fc.tuple(...keys.sort().map((key) => fc.tuple(fc.constant(key), bytes))))

test('values and rows come through as they were', () => {
  fc.assert(
    fc.property(position, fc.option(bytes, { nil: undefined }), (at, value) => {
      expect(decodeValue(encodeValue({ position: at, value }), '3_14')).toEqual({
        position: at,
        value,
      })
    }),
  )
  fc.assert(
    fc.property(position, rows, (at, given) => {
      const answer = { position: at, rows: given, hasMore: given.length > 3 }
      const asked = { taskId: '3_14', prefix: '', limit: 20 }
      expect(decodeRows(encodeRows(answer), asked)).toEqual(answer)
    }),
  )
})

test('whatever else comes is refused, and nothing but refused', () => {
  fc.assert(
    fc.property(position, rows, fc.nat(), fc.nat(255), (at, given, where, byte) => {
      const frame = encodeRows({ position: at, rows: given, hasMore: false })
      frame[where % frame.length] = byte
      expectRefusedOrRead(frame)
      expectRefusedOrRead(frame.subarray(0, where % frame.length))
    }),
  )
  fc.assert(fc.property(fc.uint8Array(), (noise) => expectRefusedOrRead(Buffer.from(noise))))
})

function expectRefusedOrRead(frame: Buffer): void {
  const asked = { taskId: '3_14', prefix: '', limit: 20 }
  try {
    const { rows: read } = decodeRows(frame, asked)
    const keys = read.map(([key]) => key)
    expect(keys).toEqual([...new Set(keys)].sort())
  } catch (error) {
    expect(error instanceof PeerFrameError || error instanceof CorruptBytesError).toBe(true)
  }
}
