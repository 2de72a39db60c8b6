import fc from 'fast-check'
import { expect, test } from 'vitest'
import { steadyTime } from '../../broker/steady-time.ts'

const HOUR_MS = 3_600_000

test('is the wall clock as long as that goes ahead, by whatever steps', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: HOUR_MS })), (steps) => {
      let wall = 1_700_000_000_000
      const now = steadyTime(() => wall)
      for (const step of steps) {
        wall += step
        expect(now()).toBe(wall)
      }
    }),
  )
})

test('never goes back, and never stands still while the wall clock runs', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -HOUR_MS, max: HOUR_MS })), (steps) => {
      let wall = 1_700_000_000_000
      const now = steadyTime(() => wall)
      let last = now()
      for (const step of steps) {
        wall += step
        const stepped = now()
        expect(stepped).toBeGreaterThanOrEqual(last)
        wall += 1000
        last = now()
        expect(last - stepped).toBeGreaterThan(898)
        expect(Number.isInteger(last)).toBe(true)
        expect(last).toBeGreaterThanOrEqual(wall)
      }
    }),
  )
})

test('finds back to a wall clock that was set back', () => {
  let wall = 1_700_000_000_000
  const now = steadyTime(() => wall)
  now()
  wall -= HOUR_MS
  expect(now() - wall).toBe(HOUR_MS)
  wall += 5 * HOUR_MS
  expect((now() - wall) / HOUR_MS).toBeCloseTo(0.5)
  wall += 6 * HOUR_MS
  expect(now()).toBe(wall)
})
