import { expect, test } from 'vitest'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { AttributionWorld, NOW_MS } from './attribution-world.ts'

const CADENCE = 'motor.keystroke_cadence'
const SIMHASH = 'motor.digraph_simhash'
const START = 1_714_000_000
const DAY_MS = 86_400_000

function retaining(): AttributionWorld {
  return new AttributionWorld({ topology: { observationRetentionMs: DAY_MS } })
}

async function observe(
  world: AttributionWorld,
  count: number,
  options: { from?: number; ageMs?: number; value?: string; primitive?: string } = {},
): Promise<void> {
  const { ageMs = 0, from = 0, primitive = CADENCE, value = 'steady' } = options
  const appendTimeMs = world.driver.wallClockMs - ageMs
  for (let i = from; i < from + count; i++) {
    const one = { attacker: 'att-a', primitive, value, ts: START + i, ref: `ref-${i}` }
    world.observe({ ...one, appendTimeMs })
  }
  await world.run()
}

const identity = stubIdentity('att-a')

test('observations go by append time, however old or new their own times are', async () => {
  const world = retaining()
  await observe(world, 3, { ageMs: DAY_MS - 5_000 })
  await observe(world, 2, { from: 3, ageMs: 0 })
  await world.driver.advanceWallClock(2_000)
  expect(await world.keys('attacker-observations')).toHaveLength(5)
  await world.driver.advanceWallClock(3_000)
  expect(await world.keys('attacker-observations')).toEqual([
    `att-a ${CADENCE} ref-3`,
    `att-a ${CADENCE} ref-4`,
  ])
  expect(world.driver.counters.get('resolve/observations-expired')).toBe(3)
  expect(await world.row(identity, CADENCE)).toMatchObject({ state: 'stable', observationCount: 5 })
  await world.driver.advanceWallClock(DAY_MS)
  expect(await world.keys('attacker-observations')).toEqual([])
  expect(await world.keys('attacker-observation-expiry')).toHaveLength(1)
})

test('an overwrite begins an observation’s retention anew', async () => {
  const world = retaining()
  await observe(world, 2, { ageMs: DAY_MS - 1_000 })
  await observe(world, 1, { value: 'bursty' })
  await world.driver.advanceWallClock(1_000)
  expect(await world.keys('attacker-observations')).toEqual([`att-a ${CADENCE} ref-0`])
})

test('many expire over several punctuations, in bounded slices', async () => {
  const world = retaining()
  await observe(world, 9_000, { ageMs: DAY_MS })
  await world.driver.advanceWallClock(1_000)
  const left = (await world.keys('attacker-observations')).length
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThan(1_000)
  await world.driver.advanceWallClock(1_000)
  expect(await world.keys('attacker-observations')).toEqual([])
})

test('an overwrite after others expired keeps the count and what the partial still knows', async () => {
  const world = retaining()
  await observe(world, 8, { ageMs: DAY_MS, value: 'bursty' })
  await observe(world, 4, { from: 8 })
  await world.driver.advanceWallClock(1_000)
  expect(await world.keys('attacker-observations')).toHaveLength(4)
  expect(await world.row(identity, CADENCE)).toMatchObject({
    state: 'drifting',
    observationCount: 12,
  })
  // Newest ten: bursty of 2 to 7, steady of 8 to 11. One steady becomes bursty.
  await observe(world, 1, { from: 10, value: 'bursty' })
  expect(await world.row(identity, CADENCE)).toMatchObject({
    state: 'multi_actor',
    confidence: 0.6,
    observationCount: 12,
  })
})

test('a hash whose observation expired stays in the window', async () => {
  const world = retaining()
  await observe(world, 1, { ageMs: DAY_MS, primitive: SIMHASH, value: 'h1' })
  await observe(world, 1, { from: 1, primitive: SIMHASH, value: 'h2' })
  await observe(world, 1, { from: 2, primitive: SIMHASH, value: 'h3' })
  await world.driver.advanceWallClock(1_000)
  await observe(world, 1, { from: 2, primitive: SIMHASH, value: 'h2' })
  expect(await world.row(identity, SIMHASH)).toMatchObject({
    state: 'drifting',
    confidence: 1 / 2,
    observationCount: 3,
    currentValue: 'h2',
  })
})

test('without a retention nothing expires and no queue is kept', async () => {
  const world = new AttributionWorld()
  world.observe({
    attacker: 'a',
    primitive: CADENCE,
    value: 'x',
    ts: 1,
    ref: 'r',
    appendTimeMs: NOW_MS,
  })
  await world.run()
  await world.driver.advanceWallClock(10 * 365 * DAY_MS)
  expect(await world.keys('attacker-observations')).toHaveLength(1)
  expect(() => world.driver.store('attacker-observation-expiry')).toThrow(RangeError)
})
