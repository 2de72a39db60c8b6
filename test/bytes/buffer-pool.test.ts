import { expect, test } from 'vitest'
import { BufferPool } from '../../bytes/buffer-pool.ts'

test('a buffer that was given back is used again for what it is large enough for', () => {
  const pool = new BufferPool(1 << 20)
  const buffer = pool.take(5_000)
  expect(buffer.length).toBe(8_192)
  pool.give(buffer)
  expect(pool.take(4_096)).not.toBe(buffer)
  expect(pool.take(8_193)).not.toBe(buffer)
  expect(pool.take(4_097)).toBe(buffer)
  expect(pool.take(8_192)).not.toBe(buffer)
})

test('nobody else has a buffer that was taken', () => {
  const pool = new BufferPool(1 << 20)
  const taken = Array.from({ length: 10 }, () => pool.take(100))
  expect(new Set(taken).size).toBe(10)
  for (const buffer of taken) pool.give(buffer)
  expect(new Set(Array.from({ length: 10 }, () => pool.take(100)))).toEqual(new Set(taken))
})

test('no more rests than may', () => {
  const pool = new BufferPool(1_000)
  const taken = [300, 300, 300].map((bytes) => pool.take(bytes))
  for (const buffer of taken) pool.give(buffer)
  expect(pool.bytes).toBe(512)
  pool.take(512)
  expect(pool.bytes).toBe(0)
})

test.each([0, 1, 2, 3, 4])('%d bytes have room', (bytes) => {
  const pool = new BufferPool(1_000)
  const buffer = pool.take(bytes)
  expect(buffer.length).toBeGreaterThanOrEqual(bytes)
  pool.give(buffer)
  expect(pool.take(bytes)).toBe(buffer)
})
