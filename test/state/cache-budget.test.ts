import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CacheBudget } from '../../state/cache-budget.ts'

const [busy, other, idle] = [{}, {}, {}]

test('one owner may have what the others do not need', () => {
  const budget = new CacheBudget(900)
  for (const owner of [other, idle]) budget.holds(owner, 10)
  budget.holds(busy, 880)
  expect(budget.excessOf(busy)).toBe(0)
  budget.holds(busy, 1_000)
  expect(budget.excessOf(busy)).toBe(120)
})

test('who has less than an equal share gives up nothing, who has more gives room', () => {
  const budget = new CacheBudget(900)
  budget.holds(busy, 890)
  budget.holds(other, 290)
  budget.holds(idle, 0)
  expect(budget.excessOf(other)).toBe(0)
  expect(budget.excessOf(busy)).toBe(280)
})

test('who leaves takes its share along', () => {
  const budget = new CacheBudget(900)
  for (const owner of [busy, other]) budget.holds(owner, 500)
  budget.leave(other)
  expect(budget.excessOf(busy)).toBe(0)
  budget.holds(busy, 950)
  expect(budget.excessOf(busy)).toBe(50)
})

test('when all have given up what they are asked for, all together are within the bound', () => {
  const holdings = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(holdings, fc.nat(3_000), (holds, bytesMax) => {
      const budget = new CacheBudget(bytesMax)
      const owners = holds.map((bytes) => ({ bytes }))
      for (const owner of owners) budget.holds(owner, owner.bytes)
      for (const owner of owners) {
        owner.bytes -= budget.excessOf(owner)
        budget.holds(owner, owner.bytes)
      }
      const total = owners.reduce((sum, { bytes }) => sum + bytes, 0)
      expect(total).toBeLessThanOrEqual(bytesMax + 1e-6)
    }),
  )
})
