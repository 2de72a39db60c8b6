import fc from 'fast-check'
import { expect, test } from 'vitest'
import { campaignRecords } from '../../../topology/campaign/campaign-outcome.ts'
import { campaignPass } from '../../../topology/campaign/campaign-pass.ts'
import { STREAMING_CAMPAIGNS } from '../../../topology/campaign/campaign-policy.ts'
import { MemoryCampaignStore } from '../../support/memory-campaign-store.ts'
import type { Fault } from '../../support/told-faults.ts'

const calls = ['list_identities', 'list_campaigns', 'phases', 'create', 'link', 'merge']
const payloads = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 1 })
const changes = fc.array(fc.tuple(fc.nat(7), payloads), { maxLength: 4 })
const faults = fc.array(
  fc.tuple(fc.constantFrom(...calls), fc.constantFrom('*', 'i1', 'i2', 'c1', 'c2')),
  { maxLength: 2 },
)
const history = fc.array(fc.tuple(changes, faults), { minLength: 1, maxLength: 6 })

class World {
  readonly store = new MemoryCampaignStore()
  #passes = 0

  set(uuid: string, payloadHashes: string[], mergedInto: string | null = null): void {
    const campaign = this.store.identitiesByUuid.get(uuid)?.campaign ?? null
    const row = { uuid, campaign, mergedInto, c2Endpoints: [], keystrokeCentroid: null }
    this.store.setIdentity({ ...row, payloadHashes }, [])
  }

  pass(failing: readonly Fault[] = []) {
    this.#passes++
    const newIds = Array.from({ length: 9 }, (_, i) => `c${this.#passes}${i}`)
    this.store.beginPass(failing, newIds)
    return campaignPass(this.store, STREAMING_CAMPAIGNS)
  }
}

const nothing = { formed: [], assigned: [], merged: [], unmerged: [], failures: 0, cycles: 0 }

test('whatever fails, a pass does not throw, counts it, and later passes make up for it', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const world = new World()
      for (const [edits, failing] of steps) {
        for (const [identity, payloadHashes] of edits) world.set(`i${identity}`, payloadHashes)
        const { failures } = world.pass(failing)
        if (failing.length === 0) expect(failures).toBe(0)
      }
      world.pass()
      expect(world.pass()).toMatchObject({ formed: [], assigned: [], failures: 0 })
      const rows = [...world.store.identitiesByUuid.values()]
      for (const row of rows) expect(row.campaign).not.toBeNull()
    }),
  )
})

test('campaigns merge when a shared payload appears, and part when it goes', () => {
  const world = new World()
  world.set('i1', ['a'])
  world.set('i2', ['b'])
  expect(world.pass().formed).toEqual([
    { campaign: 'c10', identities: ['i1'] },
    { campaign: 'c11', identities: ['i2'] },
  ])
  world.set('i2', ['a'])
  expect(world.pass()).toEqual({ ...nothing, merged: [{ winner: 'c10', loser: 'c11' }] })
  world.set('i2', ['b'])
  const unmerged = [{ resurrected: 'c11', formerWinner: 'c10' }]
  expect(world.pass()).toEqual({ ...nothing, unmerged })
})

test('who leaves a merged campaign for a third makes the two swing, pass by pass', () => {
  const world = new World()
  for (const [identity, payload] of [
    ['i1', 'a'],
    ['i2', 'b'],
    ['i3', 'c'],
  ] as const) {
    world.set(identity, [payload])
  }
  world.pass()
  world.set('i2', ['a'])
  expect(world.pass().merged).toEqual([{ winner: 'c10', loser: 'c11' }])
  world.set('i2', ['c'])
  const swings = Array.from({ length: 4 }, () => world.pass())
  for (const [i, { merged, unmerged }] of swings.entries()) {
    const [joins, leaves] = i % 2 === 0 ? ['c12', 'c11'] : ['c11', 'c12']
    expect(merged).toEqual([{ winner: 'c10', loser: joins }])
    expect(unmerged).toEqual([{ resurrected: leaves, formerWinner: 'c10' }])
  }
})

test('a merged identity takes no part', () => {
  const world = new World()
  world.set('i1', ['a'])
  world.set('i2', ['a'], 'i1')
  expect(world.pass().formed).toEqual([{ campaign: 'c10', identities: ['i1'] }])
})

test('a campaign of which no identity could be linked is not reported', () => {
  const world = new World()
  world.set('i1', ['a'])
  expect(world.pass([['link', '*']])).toEqual({ ...nothing, failures: 1 })
})

test('a cycle of merge pointers is counted and has one end', () => {
  const world = new World()
  for (const identity of ['i1', 'i2', 'i3']) world.set(identity, [identity])
  world.pass()
  world.store.merge('c10', 'c11')
  world.store.merge('c11', 'c12')
  world.store.merge('c12', 'c10')
  world.set('i4', ['i3'])
  const { assigned, cycles } = world.pass()
  expect(cycles).toBe(1)
  expect(assigned).toEqual([{ campaign: 'c10', identity: 'i4' }])
})

test('records come formed, assigned, merged, unmerged, and tell identities of their campaign', () => {
  const outcome = {
    ...nothing,
    formed: [{ campaign: 'c1', identities: ['i1', 'i2'] }],
    assigned: [{ campaign: 'c2', identity: 'i3' }],
    merged: [{ winner: 'c1', loser: 'c3' }],
    unmerged: [{ resurrected: 'c4', formerWinner: 'c1' }],
  }
  const of = (campaign: string, identity: string) => ({
    campaign_uuid: campaign,
    identity_uuid: identity,
    prior_campaign_uuid: null,
  })
  expect([...campaignRecords(outcome)]).toEqual([
    { sink: 'formed', key: 'c1', value: { campaign_uuid: 'c1', identity_uuids: ['i1', 'i2'] } },
    { sink: 'campaignAssigned', key: 'i1', value: of('c1', 'i1') },
    { sink: 'campaignAssigned', key: 'i2', value: of('c1', 'i2') },
    { sink: 'identityAssigned', key: 'c2', value: of('c2', 'i3') },
    { sink: 'campaignAssigned', key: 'i3', value: of('c2', 'i3') },
    { sink: 'merged', key: 'c3', value: { winner_uuid: 'c1', loser_uuid: 'c3' } },
    { sink: 'unmerged', key: 'c4', value: { resurrected_uuid: 'c4', former_winner_uuid: 'c1' } },
  ])
})
