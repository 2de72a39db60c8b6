import { expect, test } from 'vitest'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { AttributionWorld } from './attribution-world.ts'

const [A, B, C] = ['motor.a', 'motor.b', 'motor.c']
const START = 1_714_000_000
const HOUR = 3_600

/** Four observations that alternate: multi_actor from the fourth on. */
const ALTERNATING = ['p', 'q', 'p', 'q']

class Sensor {
  readonly world: AttributionWorld
  readonly attacker: string
  #refs = 0

  constructor(world: AttributionWorld, attacker = 'att-a') {
    this.world = world
    this.attacker = attacker
  }

  async sees(primitive: string, values: readonly string[], start: number): Promise<void> {
    for (const [i, value] of values.entries()) {
      const ref = `ref-${this.#refs++}`
      this.world.observe({ attacker: this.attacker, primitive, value, ts: start + i, ref })
    }
    await this.world.run()
  }
}

const calm = ['p', 'p', 'p', 'p', 'p']
const identity = stubIdentity('att-a')

test('two primitives in multi_actor raise an alert, a third raises it anew, and calm clears it', async () => {
  const world = new AttributionWorld()
  const sensor = new Sensor(world)
  await sensor.sees(A, ALTERNATING, START)
  expect(world.suspected()).toEqual([])

  await sensor.sees(B, ALTERNATING, START + HOUR)
  expect(world.suspected()).toEqual([
    {
      identity_uuid: identity,
      primitives: [A, B],
      evidence_summary: '2 primitives are in state multi_actor at once',
      confidence: 0.6,
      ts: START + HOUR + 3,
    },
  ])
  await sensor.sees(C, ALTERNATING, START + 2 * HOUR)
  expect(world.suspected()).toMatchObject([{ primitives: [A, B, C], ts: START + 2 * HOUR + 3 }])

  await sensor.sees(A, calm, START + 3 * HOUR)
  expect(world.suspected()).toMatchObject([{ primitives: [B, C] }])
  expect(world.cleared()).toEqual([])

  await sensor.sees(C, calm, START + 4 * HOUR)
  expect(world.cleared()).toMatchObject([{ identity_uuid: identity, primitives: [B, C] }])
  expect(world.suspected()).toEqual([])

  // Armed again: the same set is news again.
  await sensor.sees(C, ALTERNATING, START + 5 * HOUR)
  expect(world.suspected()).toMatchObject([{ primitives: [B, C] }])
})

test('entries join within the window alone, whose edge counts', async () => {
  const world = new AttributionWorld({ topology: { multiActorWindowMs: HOUR * 1_000 } })
  const sensor = new Sensor(world)
  await sensor.sees(A, ALTERNATING, START)
  await sensor.sees(B, ALTERNATING, START + HOUR)
  expect(world.suspected()).toMatchObject([{ primitives: [A, B] }])
  await sensor.sees(C, ALTERNATING, START + 2 * HOUR + 0.001)
  expect(world.suspected()).toEqual([])
  expect(world.cleared()).toMatchObject([{ primitives: [A, B], ts: START + 2 * HOUR + 3.001 }])
})

test('a late transition joins by its own time', async () => {
  const world = new AttributionWorld({ topology: { multiActorWindowMs: HOUR * 1_000 } })
  const sensor = new Sensor(world)
  await sensor.sees(A, ALTERNATING, START + 10 * HOUR)
  await sensor.sees(B, ALTERNATING, START)
  expect(world.suspected()).toEqual([])
  await sensor.sees(C, ALTERNATING, START + 9.5 * HOUR)
  expect(world.suspected()).toMatchObject([{ primitives: [A, C], ts: START + 10 * HOUR + 3 }])
})

test('as many primitives as asked for', async () => {
  const world = new AttributionWorld({ topology: { multiActorMinPrimitives: 3 } })
  const sensor = new Sensor(world)
  await sensor.sees(A, ALTERNATING, START)
  await sensor.sees(B, ALTERNATING, START)
  expect(world.suspected()).toEqual([])
  await sensor.sees(C, ALTERNATING, START)
  expect(world.suspected()).toMatchObject([{ primitives: [A, B, C] }])
})

test('a restart repeats nothing', async () => {
  const world = new AttributionWorld()
  const sensor = new Sensor(world)
  await sensor.sees(A, ALTERNATING, START)
  await sensor.sees(B, ALTERNATING, START)
  expect(world.suspected()).toHaveLength(1)
  await world.driver.restart()
  await world.driver.advanceWallClock(600_000)
  await sensor.sees(A, ['p', 'q'], START + 10)
  expect(world.suspected()).toEqual([])
  expect((await world.windows()).get(identity)).toEqual({
    entries: [
      { primitive: A, entryTs: START + 3 },
      { primitive: B, entryTs: START + 3 },
    ],
    announced: [A, B],
  })
})

test('an emptied identity’s alert is withdrawn, and raised where the observations went', async () => {
  const world = new AttributionWorld()
  const sensor = new Sensor(world)
  await sensor.sees(A, ALTERNATING, START)
  await sensor.sees(B, ALTERNATING, START)
  world.suspected()
  await world.link('att-a', 'root', 'merge').run()
  expect(world.cleared()).toMatchObject([{ identity_uuid: identity, primitives: [A, B] }])
  expect(world.suspected()).toMatchObject([{ identity_uuid: 'root', primitives: [A, B] }])
  expect([...(await world.windows()).keys()]).toEqual(['root'])
})
