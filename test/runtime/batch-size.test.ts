import { describe, expect, it } from 'vitest'
import { BatchSize } from '../../runtime/batch-size.ts'

/** Batches of a task whose records take so long each, with more waiting than it takes. */
function run(size: BatchSize, recordMs: number, batches: number): number[] {
  const elapsed: number[] = []
  for (let i = 0; i < batches; i++) {
    elapsed.push(size.records * recordMs)
    size.observe(size.records, size.records * recordMs)
  }
  return elapsed
}

describe('the size of batches', () => {
  it('never takes more than one slow record before it knows that they are slow', () => {
    expect(run(new BatchSize(), 200, 5)).toEqual([200, 200, 200, 200, 200])
  })

  it('comes to a thousand quick records, and no more', () => {
    const size = new BatchSize()
    run(size, 0.005, 20)
    expect(size.records).toBe(1000)
  })

  it('shrinks at once when records become slow, and grows again when they are quick', () => {
    const size = new BatchSize()
    run(size, 0.001, 20)
    const [first, second] = run(size, 2, 2)
    expect([first, second! <= 50]).toEqual([2000, true])
    run(size, 0.001, 20)
    expect(size.records).toBe(1000)
  })

  it('does not grow by batches that found little', () => {
    const size = new BatchSize()
    run(size, 0, 3)
    for (let i = 0; i < 10; i++) size.observe(1, 0)
    expect(size.records).toBe(8)
  })
})
