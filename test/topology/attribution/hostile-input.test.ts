import { expect, test } from 'vitest'
import { isHashTruncated } from '../../../topology/attribution/mergers/hash.ts'
import { OpenProfile } from '../../../topology/attribution/open-profile.ts'
import type { Profile } from '../../../topology/attribution/profile.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { StructuredValue } from '../../../schemas/structured-value.ts'
import { AttributionWorld, NOW_MS } from './attribution-world.ts'

const CADENCE = 'motor.keystroke_cadence'
const SIMHASH = 'motor.digraph_simhash'
const BEACON = 'toolchain.c2.beacon_interval_ms'
const START = 1_714_000_000

const causes = (world: AttributionWorld) =>
  world.driver.deadLetters.map(({ error }) => (error as Error).cause as Error & { code: string })

test('a value that no number can be made of is a dead letter and in no state', async () => {
  const world = new AttributionWorld()
  const one = { attacker: 'att-a', primitive: BEACON, ts: START }
  const bad = ['fast', '', 'nan', new StructuredValue('[1]'), new StructuredValue('{"a":1}')]
  for (const [i, value] of bad.entries()) world.observe({ ...one, value, ref: `bad-${i}` })
  await world.run()
  expect(causes(world).map(({ code }) => code)).toEqual(bad.map(() => 'INVALID_VALUE'))
  for (const store of ['attacker-links', 'attacker-observations', 'attacker-partials']) {
    expect(await world.keys(store)).toEqual([])
  }

  for (const [i, value] of [' 1_0 ', 10, true, null].entries()) {
    world.observe({ ...one, ts: START + i, value, ref: `good-${i}` })
  }
  world.observe({ ...one, value: 'fast', ref: 'good-0' })
  await world.run()
  expect(await world.row(stubIdentity('att-a'), BEACON)).toMatchObject({ observationCount: 4 })
  expect(world.driver.deadLetters).toHaveLength(bad.length + 1)
})

test('the same holds for what was attributed beforehand', async () => {
  const world = new AttributionWorld()
  const one = { attacker: 'att-a', primitive: BEACON, ts: START }
  await world
    .attributed('id-1', { ...one, value: 'fast' })
    .attributed('id-1', { ...one, value: 7 })
    .run()
  expect(causes(world).map(({ code }) => code)).toEqual(['INVALID_VALUE'])
  expect(await world.row('id-1', BEACON)).toMatchObject({ observationCount: 1, currentValue: 7 })
})

test('a clock that runs ahead of the append time is a dead letter', async () => {
  const world = new AttributionWorld({ topology: { maxFutureSkewMs: 60_000 } })
  const appendTimeMs = 1_714_000_000_000
  const one = { attacker: 'att-a', primitive: CADENCE, value: 'steady' }
  world.observe({ ...one, ts: appendTimeMs / 1000 + 60, ref: 'just', appendTimeMs })
  world.observe({ ...one, ts: appendTimeMs / 1000 + 60.001, ref: 'ahead', appendTimeMs })
  // Where the topic keeps the producer's stamp, the wall clock judges.
  world.observe({ ...one, ts: NOW_MS / 1000 + 60, ref: 'by wall' })
  world.observe({ ...one, ts: NOW_MS / 1000 + 61, ref: 'ahead of wall' })
  world.attributed('id-1', { ...one, ts: NOW_MS / 1000 + 61 })
  await world.run()
  expect(causes(world).map(({ code }) => code)).toEqual([
    'FUTURE_TIMESTAMP',
    'FUTURE_TIMESTAMP',
    'FUTURE_TIMESTAMP',
  ])
  expect(await world.row(stubIdentity('att-a'), CADENCE)).toMatchObject({ observationCount: 2 })
})

test('lists and objects are values like any other', async () => {
  const world = new AttributionWorld()
  const order = 'toolchain.ssh.kex_algorithm_order'
  const [a, b] = [new StructuredValue('["x","y"]'), new StructuredValue('{"k":1}')]
  for (const [i, value] of [a, b, a, b].entries()) {
    world.observe({ attacker: 'att-a', primitive: order, value, ts: START + i, ref: `${i}` })
  }
  await world.run()
  expect(await world.row(stubIdentity('att-a'), order)).toMatchObject({
    state: 'multi_actor',
    currentValue: b,
    confidence: 0.5,
  })
})

test('an attacker that changes its hash without end costs bounded state', async () => {
  const world = new AttributionWorld()
  for (let i = 0; i < 1_100; i++) {
    const value = i % 2 === 0 ? `hash-${i}` : `${i}`.repeat(2_000)
    world.observe({ attacker: 'att-a', primitive: SIMHASH, value, ts: START + i, ref: `${i}` })
  }
  await world.run()
  const profile = (await world.get<Profile>(
    'attribution-profiles',
    stubIdentity('att-a'),
    SIMHASH,
  ))!
  expect(profile.confidence).toBe(1 / 1_024)
  expect(profile.packed.length).toBeLessThan(100_000)
  expect(isHashTruncated(profile.open(new OpenProfile()).series)).toBe(true)
})

test('records in the wrong partition find their way, and are counted', async () => {
  const world = new AttributionWorld({ driver: { partitions: 4 } })
  for (let i = 0; i < 20; i++) {
    const attacker = `att-${i}`
    const partition = world.wrongPartition(attacker)
    world.profile(attacker, START, START, partition)
    world.observe({ attacker, primitive: CADENCE, value: 'steady', ts: START, ref: 'r', partition })
    world.observe({ attacker, primitive: CADENCE, value: 'steady', ts: START, ref: 'r' })
    world.link(attacker, `root-${i}`, 'link', { partition })
    const at = { attacker, primitive: CADENCE, value: 'steady', ts: START + 1 }
    world.attributed(`root-${i}`, { ...at, partition: world.wrongPartition(`root-${i}`) })
  }
  await world.run()
  expect(world.driver.deadLetters).toEqual([])
  expect(world.driver.counters.get('place/misplaced')).toBe(60)
  expect(world.driver.counters.get('attribute/misplaced')).toBe(20)
  const rows = [...(await world.rows())]
  expect(rows).toHaveLength(20)
  expect(new Set(rows.map(([, { observationCount }]) => observationCount))).toEqual(new Set([2]))
})

test('ids and references of any text keep their rows apart', async () => {
  const world = new AttributionWorld()
  const one = { primitive: CADENCE, value: 'steady', ts: START }
  const ids = ['__proto__', 'constructor', 'ä', 'Ã¤', '\u{1f575}', 'a b', 'a.b']
  for (const attacker of ids) {
    for (const ref of ['__proto__', '\u0000', 'ä', 'Ã¤']) world.observe({ ...one, attacker, ref })
  }
  await world.run()
  expect(world.driver.deadLetters).toEqual([])
  for (const attacker of ids) {
    const identity = stubIdentity(attacker)
    expect(await world.row(identity, CADENCE)).toMatchObject({ observationCount: 4 })
  }
  expect((await world.rows()).size).toBe(ids.length)
})
