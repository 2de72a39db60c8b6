import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryBudget } from '../../runtime/memory-budget.ts'

const KIB = 1024
const MIB = 1024 * KIB

describe('the memory budget', () => {
  it('stays within its bound as long as the shares are above their floors (M1)', () => {
    const budgets = fc.record({
      bytesMax: fc.integer({ min: 16 * MIB, max: 4096 * MIB }),
      tasks: fc.integer({ min: 1, max: 200 }),
    })
    fc.assert(
      fc.property(budgets, ({ bytesMax, tasks }) => {
        const budget = new MemoryBudget(bytesMax)
        const prefetch = budget.prefetchBytes(tasks)
        const outputs = budget.outputBytes(tasks)
        const isAboveFloors = bytesMax / 4 / tasks >= 256 * KIB
        const sum = budget.stateBytes + tasks * (prefetch + outputs)
        if (isAboveFloors) expect(sum).toBeLessThanOrEqual(bytesMax)
        else expect([prefetch, outputs]).toEqual([256 * KIB, 256 * KIB])
      }),
    )
  })

  it('gives more to each the fewer there are, fetched records no more than helps', () => {
    const budget = new MemoryBudget(64 * MIB)
    expect(budget.outputBytes(1)).toBe(16 * MIB)
    expect(budget.outputBytes(4)).toBe(4 * MIB)
    expect(budget.outputBytes(0)).toBe(16 * MIB)
    expect(budget.prefetchBytes(1)).toBe(2 * MIB)
    expect(budget.prefetchBytes(0)).toBe(2 * MIB)
    expect(budget.prefetchBytes(16)).toBe(MIB)
    expect(budget.restoreBytes(1)).toBe(MIB)
    expect(budget.restoreBytes(16)).toBe(512 * KIB)
    expect(budget.restoreBytes(1000)).toBe(256 * KIB)
  })
})
