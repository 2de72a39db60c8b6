import { beforeEach, expect, test } from 'vitest'
import { IdentityExplainer } from '../../../runtime/explain/identity-explainer.ts'
import type { PairReasons } from '../../../state/explain-port.ts'
import type { AttackerMessage } from '../../../topology/clustering/attacker-message.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { fillFrom } from '../../support/clustered-query.ts'
import { MemoryQuery } from '../../support/memory-query.ts'
import { fingerprint, IdentifyWorld, profile } from '../../topology/identity/identify-world.ts'

let query: MemoryQuery
let explainer: IdentityExplainer

beforeEach(() => {
  query = new MemoryQuery()
  explainer = new IdentityExplainer(query)
})

async function clustered(
  messages: readonly AttackerMessage[],
  genericLimit = 1_000,
): Promise<IdentifyWorld> {
  const world = new IdentifyWorld({ genericLimit })
  await world.tell(...messages)
  await world.pass()
  await fillFrom(world, query)
  return world
}

async function identity(root: string) {
  return (await explainer.identity(root, {})).value
}

async function pair(a: string, b: string): Promise<PairReasons> {
  const { value } = await explainer.pair(a, b, {})
  if ('unknown' in value) throw new Error(`unknown: ${value.unknown.join(', ')}`)
  return value
}

const hassh = (hash: string) => fingerprint('hassh', hash)
const ja3 = (hash: string) => fingerprint('ja3', hash)
const hard = { phase: null, generic: false }

test('an identity is held together by what its attackers share', async () => {
  await clustered([
    profile('a', { fingerprints: [hassh('h1')], payload_hashes: ['p1'], first_seen: 1, asn: 7 }),
    profile('b', { fingerprints: [hassh('h1')], first_seen: 2, asn: 7 }),
    profile('c', { payload_hashes: ['p1'], first_seen: 3 }),
    profile('stranger', { fingerprints: [hassh('h2')], first_seen: 4, asn: 7 }),
  ])
  const reasons = await identity('a')
  expect(reasons).toMatchObject({
    attackers: 3,
    attackersExplained: ['a', 'b', 'c'],
    evidence: [
      { tier: 'high', kind: 'hassh', value: 'h1', ...hard, holders: 2, holdersInAll: 2 },
      { tier: 'high', kind: 'payload', value: 'p1', ...hard, holders: 2, holdersInAll: 2 },
      { tier: 'very_low', kind: 'asn', value: '7', ...hard, holders: 2, holdersInAll: null },
    ],
    evidenceLeftOut: 0,
    pairsAre: 'all',
  })
  expect(reasons.pairs).toEqual([
    {
      attackers: ['a', 'b'],
      scores: { high: 1, medium: 0, low: 0, very_low: 1 },
      combined: 1.05,
      joinedBy: [{ kind: 'hassh', value: 'h1', ...hard }],
      veto: [],
    },
    {
      attackers: ['a', 'c'],
      scores: { high: 1, medium: 0, low: 0, very_low: 0 },
      combined: 1,
      joinedBy: [{ kind: 'payload', value: 'p1', ...hard }],
      veto: [],
    },
    {
      attackers: ['b', 'c'],
      scores: { high: 0, medium: 0, low: 0, very_low: 0 },
      combined: 0,
      joinedBy: [],
      veto: [],
    },
  ])
})

test('two that share nothing but are one identity are shown the way between them', async () => {
  await clustered([
    profile('a', { fingerprints: [hassh('h1')], payload_hashes: ['p1'], first_seen: 1 }),
    profile('b', { fingerprints: [hassh('h1')], first_seen: 2 }),
    profile('c', { payload_hashes: ['p1'], c2_endpoints: ['c2'], first_seen: 3 }),
    profile('d', { c2_endpoints: ['c2'], fingerprints: [hassh('h9')], first_seen: 4 }),
  ])
  const reasons = await pair('b', 'd')
  expect(reasons).toMatchObject({
    identities: [stubIdentity('a'), stubIdentity('a')],
    combined: 0,
    joinedBy: [],
    // Different clients: alone they would stay apart whatever else they shared.
    veto: [{ kind: 'hassh', values: ['h1', 'h9'] }],
    chainIsIncomplete: false,
  })
  expect(reasons.chain).toEqual([
    { attackers: ['b', 'a'], joinedBy: [{ kind: 'hassh', value: 'h1', ...hard }] },
    { attackers: ['a', 'c'], joinedBy: [{ kind: 'payload', value: 'p1', ...hard }] },
    { attackers: ['c', 'd'], joinedBy: [{ kind: 'c2', value: 'c2', ...hard }] },
  ])
})

test('two that are not one: every tier says what it found, and the veto what forbids it', async () => {
  const commands = [{ phase: 'execution', commands: ['id', 'ls'] }]
  const credentials = [{ user: 'root', password: 'a:b' }]
  await clustered([
    profile('a', {
      fingerprints: [hassh('h1'), ja3('j1')],
      payload_hashes: ['p'],
      asn: 5,
      commands,
      credentials,
    }),
    profile('b', {
      fingerprints: [hassh('h2')],
      payload_hashes: ['p'],
      asn: 5,
      commands: [{ phase: 'execution', commands: ['id', 'pwd'] }],
      credentials,
    }),
  ])
  const reasons = await pair('a', 'b')
  expect(reasons).toEqual({
    attackers: ['a', 'b'],
    identities: [stubIdentity('a'), stubIdentity('b')],
    tiers: [
      {
        tier: 'high',
        score: 0,
        weight: 1,
        shared: [{ kind: 'payload', value: 'p', ...hard }],
        sharedLeftOut: 0,
      },
      {
        tier: 'medium',
        score: 1 / 3,
        weight: 0.6,
        shared: [{ kind: 'command', value: 'id', phase: 'execution', generic: false }],
        sharedLeftOut: 0,
      },
      {
        tier: 'low',
        score: 1,
        weight: 0.2,
        shared: [{ kind: 'credential', value: 'root:a:b', ...hard }],
        sharedLeftOut: 0,
      },
      {
        tier: 'very_low',
        score: 1,
        weight: 0.05,
        shared: [{ kind: 'asn', value: '5', ...hard }],
        sharedLeftOut: 0,
      },
    ],
    combined: 0.6 * (1 / 3) + 0.2 + 0.05,
    edgeWeightMin: 1,
    joinedBy: [],
    veto: [{ kind: 'hassh', values: ['h1', 'h2'] }],
    chain: null,
    chainIsIncomplete: false,
  })
})

test('a value that very many hold is told as generic, and joins nobody', async () => {
  const crowd = Array.from({ length: 6 }, (_, i) =>
    profile(`a${i}`, { fingerprints: [hassh('hub')], first_seen: i + 1 }),
  )
  await clustered(crowd, 5)
  expect(await pair('a1', 'a2')).toMatchObject({
    tiers: [{ tier: 'high', score: 1, shared: [{ value: 'hub', generic: true }] }, {}, {}, {}],
    joinedBy: [],
    chain: null,
    chainIsIncomplete: false,
  })
  expect((await identity('a1')).attackers).toBe(1)
})

test('who is one identity is joined directly, and is told so in one step', async () => {
  await clustered([
    profile('a', { fingerprints: [ja3('')], first_seen: 1 }),
    profile('b', { fingerprints: [ja3('j')], payload_hashes: ['p'], first_seen: 2 }),
    profile('c', { fingerprints: [ja3('j')], first_seen: 3 }),
  ])
  expect((await pair('c', 'b')).chain).toEqual([
    { attackers: ['c', 'b'], joinedBy: [{ kind: 'ja3', value: 'j', ...hard }] },
  ])
})

test('of more than fifty attackers the edges are told that hold them together', async () => {
  const chain = Array.from({ length: 60 }, (_, i) =>
    profile(`a${String(i).padStart(2, '0')}`, {
      payload_hashes: [`p${i}`, `p${i + 1}`],
      first_seen: i + 1,
    }),
  )
  await clustered(chain)
  const reasons = await identity('a00')
  expect(reasons).toMatchObject({ attackers: 60, pairsAre: 'spanning_tree', evidenceLeftOut: 0 })
  expect(reasons.pairs).toHaveLength(59)
  expect(
    reasons.pairs.every(({ combined, joinedBy }) => combined === 1 && joinedBy.length === 1),
  ).toBe(true)
  const far = await pair('a00', 'a59')
  expect(far.chain).toHaveLength(59)
})

test('of more attackers than it looks at it says which it left out', async () => {
  const crowd = Array.from({ length: 700 }, (_, i) =>
    profile(`a${String(i).padStart(3, '0')}`, {
      fingerprints: [hassh('h')],
      first_seen: i === 699 ? 1 : i + 2,
    }),
  )
  await clustered(crowd)
  const reasons = await identity('a699')
  expect(reasons.attackers).toBe(700)
  expect(reasons.attackersExplained).toHaveLength(500)
  expect(reasons.attackersExplained[0]).toBe('a699')
  expect(reasons.evidence).toMatchObject([{ holders: 500, holdersInAll: 700 }])
  expect(reasons.pairs).toHaveLength(499)
}, 30_000)

test('of more values than it tells it says how many it left out', async () => {
  const payload_hashes = Array.from({ length: 150 }, (_value, i) => `p${i}`)
  await clustered([profile('a', { payload_hashes }), profile('b', { payload_hashes })])
  const reasons = await identity('a')
  expect([reasons.evidence.length, reasons.evidenceLeftOut]).toEqual([100, 50])
  expect(reasons.pairs[0]!.joinedBy).toHaveLength(10)
  const [high] = (await pair('a', 'b')).tiers
  expect([high!.shared.length, high!.sharedLeftOut]).toEqual([50, 100])
})

test('attackers that have made up very much are not all held in memory', async () => {
  const padding = 'x'.repeat(1_000)
  const crowd = Array.from({ length: 100 }, (_, i) =>
    profile(`a${String(i).padStart(2, '0')}`, {
      fingerprints: [hassh('h')],
      payload_hashes: Array.from({ length: 250 }, (_value, j) => `${i} ${j} ${padding}`),
      first_seen: i + 1,
    }),
  )
  await clustered(crowd)
  const reasons = await identity('a00')
  expect(reasons.attackers).toBe(100)
  expect(reasons.attackersExplained.length).toBeGreaterThan(50)
  expect(reasons.attackersExplained.length).toBeLessThan(80)
  expect(reasons.pairs).toHaveLength(reasons.attackersExplained.length - 1)
}, 30_000)

test('an identity too large to see whole has no chain where none is found', async () => {
  const chain = Array.from({ length: 700 }, (_, i) =>
    profile(`a${String(i).padStart(3, '0')}`, {
      payload_hashes: [`p${i}`, `p${i + 1}`],
      first_seen: i + 1,
    }),
  )
  await clustered(chain)
  expect(await pair('a000', 'a699')).toMatchObject({ chain: null, chainIsIncomplete: true })
}, 30_000)

test('attackers that the clusterer does not know are named', async () => {
  await clustered([profile('a')])
  expect((await explainer.pair('a', 'x', {})).value).toEqual({ unknown: ['x'] })
  expect((await explainer.pair('y', 'x', {})).value).toEqual({ unknown: ['y', 'x'] })
})

test('the position asked for is asked of the first read, the lag of each', async () => {
  await clustered([profile('a'), profile('b')])
  const positionMin = [{ topic: 't', partition: 0, offset: 5 }]
  const { positions } = await explainer.identity('a', { lagMax: 3, positionMin })
  expect(positions.length).toBeGreaterThan(0)
  const [first, ...others] = query.asked
  expect(first).toEqual({ lagMax: 3, positionMin })
  expect(others.length).toBeGreaterThan(0)
  expect(others.every((bounds) => bounds.lagMax === 3 && bounds.positionMin === undefined)).toBe(
    true,
  )
})
