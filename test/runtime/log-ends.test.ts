import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LogEnds } from '../../runtime/log-ends.ts'

describe('LogEnds', () => {
  test('counts from the first sighting of an end beyond the record', () => {
    const ends = new LogEnds()
    ends.note(10, 1_000, 0)
    ends.note(20, 2_000, 0)
    expect(ends.ageMs(5, 5_000)).toBe(4_000)
    expect(ends.ageMs(9, 5_000)).toBe(4_000)
    expect(ends.ageMs(10, 5_000)).toBe(3_000)
  })

  test('says nothing of records that were not seen', () => {
    const ends = new LogEnds()
    ends.note(10, 1_000, 0)
    expect(ends.ageMs(10, 5_000)).toBe(0)
    expect(new LogEnds().ageMs(0, 5_000)).toBe(0)
  })

  test('an end that stands still is no new sighting', () => {
    const ends = new LogEnds()
    ends.note(10, 1_000, 0)
    ends.note(10, 9_000, 0)
    ends.note(11, 9_500, 0)
    expect(ends.ageMs(10, 10_000)).toBe(500)
  })

  test('is never too short, and too long by no more than a tenth of a second', () => {
    const steps = fc.array(
      fc.record({ records: fc.nat(50), passedMs: fc.nat(300), taken: fc.nat(60) }),
      { minLength: 1, maxLength: 60 },
    )
    fc.assert(
      fc.property(steps, (taken) => {
        const ends = new LogEnds()
        const arrivals: number[] = []
        let nowMs = 0
        let position = 0
        for (const step of taken) {
          nowMs += step.passedMs
          for (let i = 0; i < step.records; i++) arrivals.push(nowMs)
          ends.note(arrivals.length, nowMs, position)
          position = Math.min(arrivals.length, position + step.taken)
          const arrivedMs = arrivals[position]
          const age = ends.ageMs(position, nowMs)
          if (arrivedMs === undefined) expect(age).toBe(0)
          else {
            expect(age).toBeGreaterThanOrEqual(nowMs - arrivedMs)
            expect(age).toBeLessThanOrEqual(nowMs - arrivedMs + 100)
          }
        }
      }),
    )
  })

  test('a long wait grows coarse, not short', () => {
    const ends = new LogEnds()
    for (let second = 1; second <= 10_000; second++) ends.note(second, second * 1000, 0)
    const exactMs = (offset: number) => 10_000_000 - (offset + 1) * 1000
    for (const offset of [0, 1, 17, 4_000, 9_999]) {
      expect(ends.ageMs(offset, 10_000_000)).toBeGreaterThanOrEqual(exactMs(offset))
      expect(ends.ageMs(offset, 10_000_000)).toBeLessThanOrEqual(10_000_000)
    }
    expect(ends.ageMs(0, 10_000_000)).toBe(exactMs(0))
  })
})
