import { expect, test } from 'vitest'
import type { AttackerLinkRow, IdentityMemberRow } from '../../../state/attribution-rows.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { AttributionWorld } from './attribution-world.ts'

const CADENCE = 'motor.keystroke_cadence'
const SIMHASH = 'motor.digraph_simhash'
const START = 1_714_000_000

async function observed(
  world: AttributionWorld,
  attacker: string,
  values: readonly string[],
  start = START,
  primitive = CADENCE,
): Promise<void> {
  for (const [i, value] of values.entries()) {
    world.observe({ attacker, primitive, value, ts: start + i, ref: `${primitive} ${start + i}` })
  }
  await world.run()
  world.changes()
}

test('a link moves all of an attacker’s observations and says why', async () => {
  const world = new AttributionWorld()
  await observed(world, 'att-a', ['steady', 'steady', 'steady'])
  await observed(world, 'att-a', ['h1'], START, SIMHASH)
  await world.link('att-a', 'root', 'merge').run()

  const left = stubIdentity('att-a')
  const changes = world.changes()
  const common = { cause: 'merge', ts: START + 2, primitive: CADENCE }
  expect(changes).toContainEqual({
    ...common,
    identity_uuid: left,
    old_state: 'stable',
    new_state: null,
    current_value: null,
    confidence: 0,
    observation_count: 0,
  })
  expect(changes).toContainEqual({
    ...common,
    identity_uuid: 'root',
    old_state: null,
    new_state: 'stable',
    current_value: 'steady',
    confidence: 1,
    observation_count: 3,
  })
  expect(changes).toHaveLength(4)
  expect([...(await world.rows()).keys()].sort()).toEqual(
    [`root ${SIMHASH}`, `root ${CADENCE}`].sort(),
  )
  expect(await world.keys('identity-members')).toEqual(['root att-a'])
  expect(await world.get<AttackerLinkRow>('attacker-links', 'att-a')).toMatchObject({
    identity: 'root',
    root: 'root',
    firstSeen: START,
  })
})

test('attackers of one identity pool, and part again as they came', async () => {
  const world = new AttributionWorld()
  await observed(world, 'att-a', ['steady', 'steady', 'steady'])
  await observed(world, 'att-b', ['bursty', 'bursty'], START + 100)
  const before = await world.rows()
  await world.link('att-a', 'root').link('att-b', 'root').run()
  expect(await world.row('root', CADENCE)).toMatchObject({
    state: 'conflicted',
    observationCount: 5,
    confidence: 0.6,
  })
  expect(await world.keys('attribution-contributions')).toEqual([
    `root ${CADENCE} att-a`,
    `root ${CADENCE} att-b`,
  ])
  await world
    .link('att-a', stubIdentity('att-a'), 'unmerge')
    .link('att-b', stubIdentity('att-b'), 'unmerge')
    .run()
  // When a state was entered is history: here, by the move.
  const timeless = (rows: typeof before) =>
    [...rows].map(([key, row]) => [key, { ...row, lastChangeTs: null }])
  expect(timeless(await world.rows())).toEqual(timeless(before))
  expect(await world.keys('attribution-contributions')).toEqual([])
  expect(world.changes().filter(({ cause }) => cause === 'unmerge')).toHaveLength(3)
})

test('a merge of many attackers is one evaluation a row and batch', async () => {
  const world = new AttributionWorld()
  const attackers = Array.from({ length: 200 }, (_, i) => `att-${i}`)
  for (const [i, attacker] of attackers.entries()) {
    await observed(world, attacker, [i % 2 === 0 ? 'steady' : 'bursty'], START + i)
  }
  for (const attacker of attackers) world.link(attacker, 'root', 'merge')
  await world.run()
  expect(world.changes().filter(({ identity_uuid }) => identity_uuid === 'root')).toMatchObject([
    { old_state: null, new_state: 'multi_actor', observation_count: 200, cause: 'merge' },
  ])

  // All but the last leave again: the series is made anew once, of what is left.
  for (const attacker of attackers.slice(0, -1)) world.link(attacker, 'other', 'unmerge')
  await world.run()
  expect(world.changes()).toMatchObject([
    { identity_uuid: 'other', old_state: null, observation_count: 199 },
    { identity_uuid: 'root', old_state: 'multi_actor', new_state: 'unknown', observation_count: 1 },
  ])
  expect(await world.keys('attribution-contributions')).toHaveLength(199)
})

test('leaving and coming back within a batch is no transition', async () => {
  const world = new AttributionWorld()
  await observed(world, 'att-a', ['steady', 'steady', 'steady'])
  const before = await world.rows()
  await world.link('att-a', 'root').link('att-a', stubIdentity('att-a')).run()
  expect(world.changes()).toEqual([])
  expect(await world.rows()).toEqual(before)
})

test('an observation upon a pending move finds the move evaluated first', async () => {
  const world = new AttributionWorld()
  await observed(world, 'att-a', ['steady', 'steady', 'steady'])
  world.link('att-a', 'root')
  world.observe({
    attacker: 'att-a',
    primitive: CADENCE,
    value: 'bursty',
    ts: START + 9,
    ref: 'new',
  })
  await world.run()
  expect(world.changes().filter(({ identity_uuid }) => identity_uuid === 'root')).toMatchObject([
    { old_state: null, new_state: 'stable', cause: 'link' },
    { old_state: 'stable', new_state: 'conflicted', cause: 'observation' },
  ])
})

test('a part that does not touch the newest only lowers the count, without a transition', async () => {
  const world = new AttributionWorld()
  const values = Array.from({ length: 12 }, () => 'steady')
  await observed(world, 'att-a', values, START + 1_000)
  await observed(world, 'att-b', ['bursty'], START)
  await world.link('att-a', 'root').link('att-b', 'root').run()
  expect(await world.row('root', CADENCE)).toMatchObject({ state: 'stable', observationCount: 13 })
  world.changes()
  await world.link('att-b', 'elsewhere').run()
  expect(await world.row('root', CADENCE)).toMatchObject({ state: 'stable', observationCount: 12 })
  expect(world.changes().map(({ identity_uuid }) => identity_uuid)).toEqual(['elsewhere'])
})

test('another literal link to the same root moves nothing', async () => {
  const world = new AttributionWorld()
  await observed(world, 'att-a', ['steady'])
  await world.link('att-a', 'root', 'link', { identity: 'merged-1' }).run()
  world.changes()
  await world.link('att-a', 'root', 'merge', { identity: 'merged-2' }).run()
  expect(world.changes()).toEqual([])
  expect(await world.get<AttackerLinkRow>('attacker-links', 'att-a')).toMatchObject({
    identity: 'merged-2',
    root: 'root',
  })
})

test('a move never takes along what was attributed beforehand', async () => {
  const world = new AttributionWorld()
  const identity = stubIdentity('att-a')
  await observed(world, 'att-a', ['steady', 'steady'])
  const at = { attacker: 'att-a', primitive: CADENCE, ts: START + 50 }
  await world.attributed(identity, { ...at, value: 'bursty' }).run()
  expect(await world.row(identity, CADENCE)).toMatchObject({ observationCount: 3 })
  await world.link('att-a', 'root').run()
  expect(await world.row(identity, CADENCE)).toMatchObject({
    observationCount: 1,
    currentValue: 'bursty',
  })
  expect(await world.row('root', CADENCE)).toMatchObject({ observationCount: 2 })
})

test('a link may come before the attacker is seen, and a profile before both', async () => {
  const world = new AttributionWorld()
  await world.link('att-a', 'root').run()
  await observed(world, 'att-a', ['steady'])
  expect(await world.row('root', CADENCE)).toMatchObject({ observationCount: 1 })

  await world.profile('att-b', START - 500, START - 100).run()
  await observed(world, 'att-b', ['steady'])
  const members = await world.members()
  expect(members.get(`${stubIdentity('att-b')} att-b`)).toEqual<
    IdentityMemberRow & { cause: string }
  >({
    firstSeen: START - 500,
    updatedTs: START - 100,
    cause: 'observation',
  })
})

test('a profile corrects when an attacker was first seen', async () => {
  const world = new AttributionWorld()
  await observed(world, 'att-a', ['steady'])
  await world.profile('att-a', START - 500, START).run()
  await world.profile('att-a', START - 500, START + 7).run()
  expect(await world.get<AttackerLinkRow>('attacker-links', 'att-a')).toMatchObject({
    firstSeen: START - 500,
  })
  expect((await world.members()).get(`${stubIdentity('att-a')} att-a`)).toMatchObject({
    firstSeen: START - 500,
    updatedTs: START,
  })
  expect(world.changes()).toEqual([])
})
