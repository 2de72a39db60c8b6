import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as contract from '../../../state/campaign-rows.ts'
import { campaignOf } from '../../../topology/campaign/campaign-id.ts'
import type { CampaignMember } from '../../../topology/campaign/campaign-member.ts'
import {
  CAMPAIGN_STORES,
  campaignIdentitiesStore,
  campaignMembersStore,
  campaignsStore,
} from '../../../topology/campaign/campaign-stores.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { anyIdentity, anyMerge, identity, mergedOut } from './arbitrary-messages.ts'
import { CampaignWorld } from './campaign-world.ts'
import { CampaignsOfPairs } from './campaigns-of-pairs.ts'

const [a, b] = ['a', 'b'].map(campaignOf) as [string, string]
const sharing = (payload: string, ...ids: string[]) =>
  ids.map((id, i) => identity(id, { firstSeen: i + 1, payloadHashes: [payload] }))

test('identities that share a payload form a campaign, which is announced at the next interval', async () => {
  const world = new CampaignWorld()
  await world.apply(...sharing('p', 'a', 'b'))
  const member = { campaign_uuid: a, prior_campaign_uuid: null }
  expect(await world.announce()).toEqual([
    {
      topic: 'campaign.formed',
      key: a,
      value: { campaign_uuid: a, identity_uuids: ['a', 'b'] },
    },
    { topic: 'identity.campaign.assigned', key: 'a', value: { ...member, identity_uuid: 'a' } },
    { topic: 'identity.campaign.assigned', key: 'b', value: { ...member, identity_uuid: 'b' } },
  ])
  expect(await world.announce()).toEqual([])
  await world.driver.close()
})

test('merges and un-merges go to their topics, keyed by whom they happened to', async () => {
  const world = new CampaignWorld()
  await world.apply(...sharing('p', 'a'), ...sharing('q', 'b'))
  await world.announce()
  await world.apply(...sharing('p', 'b'))
  expect(await world.announce()).toEqual([
    { topic: 'campaign.merged', key: b, value: { winner_uuid: a, loser_uuid: b } },
  ])
  await world.apply(mergedOut('a', 'x'))
  const assigned = { campaign_uuid: b, identity_uuid: 'b', prior_campaign_uuid: a }
  const x = campaignOf('x')
  expect(await world.announce()).toEqual([
    { topic: 'campaign.identity.assigned', key: b, value: assigned },
    { topic: 'identity.campaign.assigned', key: 'b', value: assigned },
    { topic: 'campaign.merged', key: a, value: { winner_uuid: x, loser_uuid: a } },
    { topic: 'campaign.unmerged', key: b, value: { resurrected_uuid: b, former_winner_uuid: a } },
  ])
  await world.driver.close()
})

test('deckies that are left out are counted', async () => {
  const world = new CampaignWorld()
  const visit = { firstPhase: 'delivery', firstTs: 1, lastPhase: 'impact', lastTs: 2 } as const
  const visits = Array.from({ length: 1_030 }, (_, i) => [`d${i}`, visit] as const)
  await world.apply(identity('a', { visits }))
  expect(world.driver.counters.get('campaign/deckies-left-out')).toBe(6)
  await world.driver.close()
})

const message = fc.oneof({ weight: 4, arbitrary: anyIdentity }, { weight: 1, arbitrary: anyMerge })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.array(message, { minLength: 1, maxLength: 3 }) },
  { weight: 2, arbitrary: fc.constant('announce' as const) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
)
type Step = readonly IdentityMessage[] | 'announce' | 'restart'

async function play(steps: readonly Step[], world: CampaignWorld) {
  const told = []
  for (const each of [...steps, 'announce' as const]) {
    if (each === 'announce') told.push(await world.announce())
    else if (each === 'restart') await world.driver.restart()
    else await world.apply(...each)
  }
  const rows = await Promise.all(CAMPAIGN_STORES.map(({ name }) => world.rows<unknown>(name)))
  expect([...world.driver.failures, ...world.driver.deadLetters]).toEqual([])
  await world.driver.close()
  return { told, rows }
}

test('whatever is missing in memory, the same is told and kept, and that is what pairs say', async () => {
  const histories = fc.array(step, { maxLength: 12 })
  const seeds = fc.integer()
  await fc.assert(
    fc.asyncProperty(histories, seeds, async (steps, seed) => {
      const pairs = new CampaignsOfPairs(3)
      for (const each of steps) if (typeof each !== 'string') pairs.apply(...each)
      const played = await play(steps, new CampaignWorld(3))
      const cold = new CampaignWorld(3, { missEverything: true })
      expect(await play(steps, cold)).toEqual(played)
      const missing = new CampaignWorld(3, { missRandomly: { seed, probability: 0.3 } })
      expect(await play(steps, missing)).toEqual(played)
      const identities = played.rows[0] as [string, CampaignMember][]
      const live = identities.filter(([, { mergedInto }]) => mergedInto === null)
      expect(Object.fromEntries(live.map(([id, { root }]) => [id, root]))).toEqual(pairs.roots())
    }),
    { numRuns: 60 },
  )
}, 60_000)

test('rows are those that the query API reads, and show as JSON', async () => {
  expect(campaignsStore.name).toBe(contract.campaignsStore)
  expect(campaignIdentitiesStore.name).toBe(contract.campaignIdentitiesStore)
  expect(campaignMembersStore.name).toBe(contract.campaignMembersStore)
  const world = new CampaignWorld()
  const visit = { firstPhase: 'delivery', firstTs: 1, lastPhase: 'impact', lastTs: null } as const
  const known = { keystrokeCentroid: '00ff00ff00ff00f0', visits: [['d1', visit]] as const }
  await world.apply(identity('a', { payloadHashes: ['p'], ...known }), ...sharing('p', 'b'))
  await world.announce()
  await world.apply(mergedOut('b', 'a'))
  const shown = await Promise.all(
    CAMPAIGN_STORES.map(async (store) => {
      const rows = await world.rows<unknown>(store.name)
      return [store.name, rows.map(([key, row]) => store.toJson?.(key, row) ?? row)]
    }),
  )
  expect(Object.fromEntries(shown)).toEqual({
    'campaign-identities': [
      {
        identity_uuid: 'a',
        campaign_uuid: a,
        root_identity_uuid: 'a',
        merged_into_uuid: null,
        first_seen: 1,
        infrastructure: ['payload:p'],
        keystroke_centroid: '00ff00ff00ff00f0',
        visits: [
          {
            decky_id: 'd1',
            first_phase: 'delivery',
            first_ts: 1,
            last_phase: 'impact',
            last_ts: null,
          },
        ],
      },
      {
        identity_uuid: 'b',
        campaign_uuid: a,
        root_identity_uuid: 'a',
        merged_into_uuid: 'a',
        first_seen: 1,
        infrastructure: [],
        keystroke_centroid: null,
        visits: [],
      },
    ],
    'campaign-ties': [{ holders: 1, generic: false }],
    'campaign-postings': [true],
    'campaign-members': [{ first_seen: 1 }],
    'campaign-pending': [{ root_identity_uuid: 'a', merged_into_uuid: null }],
    campaigns: [
      {
        campaign_uuid: a,
        identity_uuid: 'a',
        merged_into_uuid: null,
        first_seen: 1,
        updated_ts: 0.25,
        identity_count: 2,
      },
      {
        campaign_uuid: b,
        identity_uuid: 'b',
        merged_into_uuid: a,
        first_seen: 1,
        updated_ts: 0.25,
        identity_count: 0,
      },
    ].sort((one, other) => (one.campaign_uuid < other.campaign_uuid ? -1 : 1)),
  })
  await world.driver.close()
})
