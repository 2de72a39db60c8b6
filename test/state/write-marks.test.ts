import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StateCorruptedError } from '../../state/errors.ts'
import type { DatabaseRow } from '../../state/task-database.ts'
import { WriteMarks } from '../../state/write-marks.ts'

const MEMTABLE_BYTES = 8000

type Rows = Map<string, Buffer>

function marksOf(rows: Rows): WriteMarks {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)) as DatabaseRow[]
  return WriteMarks.of('/d', sorted, MEMTABLE_BYTES)
}

/** Rows of each of `count` batches, every `interval`-th with a mark. */
function batches(count: number, interval: number): DatabaseRow[][] {
  const marks = marksOf(new Map())
  return Array.from({ length: count }, (_, i) => {
    const withMark = i % interval === 0
    const rows = marks.rows(withMark)
    marks.written(100, withMark)
    return rows
  })
}

function applied(written: readonly (readonly DatabaseRow[])[]): Rows {
  return new Map(written.flat())
}

describe('WriteMarks', () => {
  it('are due once a part of a memtable is filled, or by one batch as large', () => {
    const marks = marksOf(new Map())
    expect(marks.isDue(999)).toBe(false)
    expect(marks.isDue(1000)).toBe(true)
    marks.written(600, false)
    expect(marks.isDue(399)).toBe(false)
    expect(marks.isDue(400)).toBe(true)
    marks.written(400, true)
    expect(marks.isDue(999)).toBe(false)
  })

  it('repeat the number of a batch that failed', () => {
    const marks = marksOf(new Map())
    expect(marks.rows(true)).toEqual(marks.rows(true))
    marks.written(1, true)
    expect(marks.rows(true)).not.toEqual(marksOf(new Map()).rows(true))
  })

  it('accept any prefix of the batches, and go on from it', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 7 }), (count, interval) => {
        const rows = applied(batches(count, interval))
        const marks = marksOf(rows)
        for (const [key, value] of marks.rows(true)) rows.set(key, value)
        marksOf(rows)
      }),
    )
  })

  it('refuse a loss of any stretch that holds a mark and has a batch behind it', () => {
    const scene = fc.record({
      interval: fc.integer({ min: 1, max: 5 }),
      before: fc.nat(600),
      lost: fc.integer({ min: 5, max: 40 }),
      after: fc.integer({ min: 1, max: 200 }),
    })
    fc.assert(
      fc.property(scene, ({ interval, before, lost, after }) => {
        const all = batches(before + lost + after, interval)
        all.splice(before, lost)
        expect(() => marksOf(applied(all))).toThrow(StateCorruptedError)
      }),
    )
  })

  it('refuse marks without a head', () => {
    const rows = applied(batches(3, 1))
    rows.delete('\u0000m')
    expect(() => marksOf(rows)).toThrow(StateCorruptedError)
  })
})
