import fc from 'fast-check'
import { expect, test } from 'vitest'
import type {
  AttributionProfileRow,
  AttackerObservationRow,
} from '../../../state/attribution-rows.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { AttributionWorld, type Observed } from './attribution-world.ts'

const CADENCE = 'motor.keystroke_cadence'
const SIMHASH = 'motor.digraph_simhash'
const START = 1_714_000_000

function series(attacker: string, values: readonly string[], primitive = CADENCE): Observed[] {
  return values.map((value, i) => ({
    attacker,
    primitive,
    value,
    ts: START + i * 60,
    ref: `ref-${i}`,
  }))
}

async function feed(world: AttributionWorld, list: readonly Observed[]): Promise<void> {
  for (const observed of list) world.observe(observed)
  await world.run()
}

test('shuffled arrival ends where sorted arrival does, but for the time of the last change', async () => {
  const values = { [CADENCE]: ['steady', 'bursty', 'machine'], [SIMHASH]: ['h1', 'h2', 'h3', 'h4'] }
  const observed = fc.constantFrom<keyof typeof values>(CADENCE, SIMHASH).chain((primitive) =>
    fc.record({
      primitive: fc.constant(primitive),
      attacker: fc.constantFrom('att-a', 'att-b', 'att-c'),
      value: fc.constantFrom(...values[primitive]),
    }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(observed, { minLength: 2, maxLength: 40, size: 'max' }).chain((list) => {
        const sorted = list.map((each, i) => ({ ...each, ts: START + i * 9_000, ref: `ref-${i}` }))
        const whole = { minLength: sorted.length, maxLength: sorted.length }
        return fc.tuple(fc.constant(sorted), fc.shuffledSubarray(sorted, whole))
      }),
      async (arrivals) => {
        const ends = []
        for (const list of arrivals) {
          const world = new AttributionWorld()
          for (const attacker of ['att-a', 'att-b']) world.link(attacker, 'shared')
          await world.run()
          for (const each of list) await world.observe(each).run()
          const rows = [...(await world.rows())]
          ends.push(rows.map(([key, row]) => [key, { ...row, lastChangeTs: null }]))
        }
        expect(ends[1]).toEqual(ends[0])
      },
    ),
    { numRuns: 60 },
  )
})

test('an identical repeat changes nothing and publishes nothing', async () => {
  const world = new AttributionWorld()
  const list = series('att-a', ['steady', 'steady', 'steady', 'bursty'])
  await feed(world, list)
  const rows = await world.rows()
  expect(world.changes()).toHaveLength(3)
  await feed(world, list)
  await feed(world, list)
  expect(await world.rows()).toEqual(rows)
  expect(world.changes()).toEqual([])
  expect(world.driver.counters.get('resolve/repeats')).toBe(8)
})

test('another confidence changes the stored observation alone', async () => {
  const world = new AttributionWorld()
  const [first] = series('att-a', ['steady']) as [Observed]
  await feed(world, [first])
  const rows = await world.rows()
  await feed(world, [{ ...first, confidence: 0.1 }])
  const stored = await world.get<AttackerObservationRow>(
    'attacker-observations',
    'att-a',
    CADENCE,
    'ref-0',
  )
  expect(stored).toMatchObject({ confidence: 0.1, ts: START, seq: 0, value: 'steady' })
  expect(await world.rows()).toEqual(rows)
})

test('an observation without evidence reference is unique by its id', async () => {
  const world = new AttributionWorld()
  const [first] = series('att-a', ['steady']) as [Observed]
  const anonymous = { ...first, ref: null }
  await feed(world, [
    { ...anonymous, id: 'one' },
    { ...anonymous, id: 'two' },
    { ...anonymous, id: 'one' },
  ])
  expect((await world.row(stubIdentity('att-a'), CADENCE))?.observationCount).toBe(2)
})

test('a changed repeat overwrites in place: equal times keep the order of insertion', async () => {
  const world = new AttributionWorld()
  const list = series('att-a', ['a', 'b', 'c']).map((each) => ({ ...each, ts: START }))
  await feed(world, list)
  await feed(world, [{ ...list[0]!, value: 'z' }])
  // Had the overwritten one become the last, the current value would be z.
  expect(await world.row(stubIdentity('att-a'), CADENCE)).toMatchObject({
    currentValue: 'c',
    observationCount: 3,
  })
})

test('an overwrite beyond the newest ten lets an evicted observation in again', async () => {
  const world = new AttributionWorld()
  const identity = stubIdentity('att-a')
  const old = ['a', 'a', 'a', 'a', 'a', 'a', 'a']
  const list = series('att-a', [...old, 'b', 'b', 'b', 'b', 'b'])
  await feed(world, list)
  expect(await world.row(identity, CADENCE)).toMatchObject({ state: 'drifting', currentValue: 'b' })

  // The five of b go back before all others, one by one: the a's come in again.
  for (const [i, each] of list.slice(7).entries()) {
    await feed(world, [{ ...each, ts: START - 1_000 - i }])
  }
  expect(await world.row(identity, CADENCE)).toMatchObject({
    state: 'drifting',
    currentValue: 'a',
    confidence: 1,
    observationCount: 12,
    lastObservationTs: START + 6 * 60,
  })
  expect(world.driver.counters.get('resolve/overwrites')).toBe(5)

  // One that lies outside before and after is no news to anybody.
  world.changes()
  const partial = await world.get('attacker-partials', 'att-a', CADENCE)
  await feed(world, [{ ...list[11]!, ts: START - 1_000 - 4, value: 'c' }])
  expect(await world.get('attacker-partials', 'att-a', CADENCE)).toBe(partial)
})

test('an overwritten hash leaves the window, and one it hid comes back', async () => {
  const world = new AttributionWorld()
  const identity = stubIdentity('att-a')
  const list = series('att-a', ['h1', 'h2', 'h1', 'h3'], SIMHASH)
  await feed(world, list)
  expect(await world.row(identity, SIMHASH)).toMatchObject({ state: 'drifting', confidence: 1 / 3 })
  await feed(world, [{ ...list[1]!, value: 'h1' }])
  expect(await world.row(identity, SIMHASH)).toMatchObject({ state: 'drifting', confidence: 1 / 2 })
  await feed(world, [{ ...list[3]!, value: 'h1' }])
  expect(await world.row(identity, SIMHASH)).toMatchObject({ state: 'stable', confidence: 1 })
  expect(world.changes().at(-1)).toMatchObject({ new_state: 'stable', cause: 'observation' })
})

test('a late observation counts and moves no time back', async () => {
  const world = new AttributionWorld()
  const identity = stubIdentity('att-a')
  await feed(world, series('att-a', ['a', 'a', 'a']))
  await feed(world, [{ attacker: 'att-a', primitive: CADENCE, value: 'b', ts: 5, ref: 'late' }])
  expect(await world.row(identity, CADENCE)).toEqual<AttributionProfileRow>({
    state: 'conflicted',
    currentValue: 'a',
    confidence: 0.75,
    observationCount: 4,
    lastObservationTs: START + 120,
    lastChangeTs: START + 120,
  })
})

test('observations attributed beforehand come after kept ones of the same attacker and time', async () => {
  const world = new AttributionWorld()
  const identity = stubIdentity('att-a')
  const at = { attacker: 'att-a', primitive: CADENCE, ts: START }
  world.attributed(identity, { ...at, value: 'public' })
  world
    .observe({ ...at, value: 'kept', ref: 'r0' })
    .observe({ ...at, value: 'kept too', ref: 'r1' })
  await world.run()
  expect(await world.row(identity, CADENCE)).toMatchObject({
    currentValue: 'public',
    observationCount: 3,
  })
})
