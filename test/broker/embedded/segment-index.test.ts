import { describe, expect, it } from 'vitest'
import { SegmentIndex } from '../../../broker/embedded/segment-index.ts'
import { batchAt } from '../../support/batches.ts'

const bytes = batchAt(0, [1]).buffer.length

/** One batch of one record per time, two batches a segment. */
function indexOf(times: readonly number[]): SegmentIndex {
  const index = new SegmentIndex(2 * bytes)
  for (const [offset, time] of times.entries()) index.add(batchAt(offset, [time]), 100 + offset)
  return index
}

describe('segment index', () => {
  it('closes a segment when the next batch would make it too large', () => {
    const index = indexOf([1, 2, 3, 4, 5])
    expect(index.closed.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset])).toEqual([
      [0, 1],
      [2, 3],
    ])
    expect(index.active?.baseOffset).toBe(4)
    expect(index.closedEnd).toBe(4)
    expect(index.sizeBytes).toBe(5 * bytes)
  })

  it('gives a batch larger than a segment one of its own', () => {
    const index = new SegmentIndex(1)
    index.add(batchAt(0, [1]), 0)
    index.add(batchAt(1, [1]), 0)
    expect(index.closed).toHaveLength(1)
  })

  it('finds the segment of an offset, or the next one', () => {
    const index = indexOf([1, 2, 3, 4, 5])
    expect([0, 1, 2, 3, 4].map((offset) => index.at(offset)?.baseOffset)).toEqual([0, 0, 2, 2, 4])
    expect(index.at(5)).toBeNull()
    expect(new SegmentIndex(1).at(0)).toBeNull()
  })

  it('names the segments that reach a time, by their newest record', () => {
    const index = indexOf([50, 1, 2, 3, 10])
    const reaching = (time: number): number[] =>
      [...index.reaching(time)].map(({ baseOffset }) => baseOffset)
    expect(reaching(0)).toEqual([0, 2, 4])
    expect(reaching(4)).toEqual([0, 4])
    expect(reaching(50)).toEqual([0])
    expect(reaching(51)).toEqual([])
  })

  it('hands out rows of closed segments once, those replaced meanwhile never', () => {
    const index = indexOf([1, 2, 3, 4, 5])
    const [first, second] = index.closed
    const joined = { ...first!, lastOffset: 3 }
    index.replace(first!, second!, joined)
    expect(index.takeUnsaved()).toEqual([])
    expect(index.closed).toEqual([joined])
    index.roll()
    expect(index.takeUnsaved().map(({ baseOffset }) => baseOffset)).toEqual([4])
    expect(index.takeUnsaved()).toEqual([])
  })

  it('forgets what lies before an offset, and its bytes', () => {
    const index = indexOf([1, 2, 3, 4, 5])
    expect(index.dropBefore(3).map(({ baseOffset }) => baseOffset)).toEqual([0])
    expect(index.sizeBytes).toBe(3 * bytes)
    index.dropBefore(5)
    expect(index.sizeBytes).toBe(0)
    expect(index.active).toBeNull()
  })
})
