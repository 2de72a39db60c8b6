import { describe, expect, it } from 'vitest'
import { LogTail, type TailEntry } from '../../../broker/embedded/log-tail.ts'
import { batchAt } from '../../support/batches.ts'

const bytes = batchAt(0, [1]).buffer.length

interface Spy {
  readonly evicted: number[]
  readonly spilled: number[]
}

function entryOf(spy: Spy, offset: number, isOpen: boolean): TailEntry {
  return {
    batch: batchAt(offset, [1]),
    owner: { evict: ({ batch }) => spy.evicted.push(batch.baseOffset) },
    isWritten: !isOpen,
    isDropped: false,
    spill: isOpen ? () => spy.spilled.push(offset) : null,
  }
}

describe('log tail', () => {
  it('lets the oldest batches go when the budget is exceeded', () => {
    const spy = { evicted: [], spilled: [] }
    const tail = new LogTail(2 * bytes)
    for (let offset = 0; offset < 5; offset++) tail.add(entryOf(spy, offset, false))
    expect(spy.evicted).toEqual([0, 1, 2])
    expect(tail.sizeBytes).toBe(2 * bytes)
  })

  it('has an open transaction written, and waits for it', () => {
    const spy = { evicted: [], spilled: [] }
    const tail = new LogTail(2 * bytes)
    const open = entryOf(spy, 0, true)
    tail.add(open)
    tail.add(entryOf(spy, 1, false))
    expect(spy.spilled).toEqual([])
    tail.add(entryOf(spy, 2, false))
    expect(spy).toEqual({ evicted: [], spilled: [0] })
    open.isWritten = true
    tail.settle()
    expect(spy.evicted).toEqual([0])
  })

  it('does not count what was dropped', () => {
    const spy = { evicted: [], spilled: [] }
    const tail = new LogTail(2 * bytes)
    const dropped = entryOf(spy, 0, true)
    tail.add(dropped)
    tail.drop(dropped)
    tail.drop(dropped)
    tail.add(entryOf(spy, 1, false))
    tail.add(entryOf(spy, 2, false))
    expect(spy).toEqual({ evicted: [], spilled: [] })
    tail.add(entryOf(spy, 3, false))
    expect(spy).toEqual({ evicted: [1], spilled: [] })
  })

  it('keeps its own memory in bounds over many batches', () => {
    const spy = { evicted: [] as number[], spilled: [] }
    const tail = new LogTail(3 * bytes)
    for (let offset = 0; offset < 2000; offset++) tail.add(entryOf(spy, offset, false))
    expect(spy.evicted).toHaveLength(1997)
    expect(spy.evicted.at(-1)).toBe(1996)
  })
})
