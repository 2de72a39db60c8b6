import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  announceCampaigns,
  type CampaignAnnouncement,
} from '../../../topology/campaign/campaign-announcement.ts'
import { campaignChanges } from '../../../topology/campaign/campaign-changes.ts'
import { campaignOf } from '../../../topology/campaign/campaign-id.ts'
import { anyIdentity, anyMerge, identity, mergedOut } from './arbitrary-messages.ts'
import { CampaignsInMemory } from './campaign-stores-in-memory.ts'

/** What a reader of the announcements knows. */
class Reader {
  /** Campaign of each identity, also of those that were merged out since. */
  readonly campaignOfIdentity = new Map<string, string>()
  readonly campaigns = new Set<string>()
  identities = 0
  live = 0

  read({ assigned, formed, merged, unmerged, ...growth }: CampaignAnnouncement): void {
    for (const { campaign, identities } of formed) {
      expect(this.campaigns.has(campaign)).toBe(false)
      this.campaigns.add(campaign)
      for (const each of identities) this.campaignOfIdentity.set(each, campaign)
    }
    for (const { campaign, identity: moved, prior } of assigned) {
      if (prior !== undefined) expect(this.campaignOfIdentity.get(moved)).toBe(prior)
      this.campaignOfIdentity.set(moved, campaign)
    }
    for (const { loser, winner } of merged) {
      expect(this.campaigns.delete(loser)).toBe(true)
      for (const [each, campaign] of this.campaignOfIdentity) {
        if (campaign === loser) this.campaignOfIdentity.set(each, winner)
      }
    }
    for (const { resurrected } of unmerged) {
      expect(this.campaigns.has(resurrected)).toBe(false)
      this.campaigns.add(resurrected)
    }
    this.identities += growth.identitiesAdded
    this.live += growth.campaignsAdded
  }

  known(identities: Iterable<string>): Record<string, string | undefined> {
    return Object.fromEntries([...identities].map((id) => [id, this.campaignOfIdentity.get(id)]))
  }
}

/** The rows of campaigns as what is known of identities makes them, other than when they changed. */
function campaignsFromScratch({ stores }: CampaignsInMemory) {
  const rows = stores.identities.entries()
  const live = rows.filter(([, { mergedInto }]) => mergedInto === null)
  const expected = rows.map(([id, { firstSeen, mergedInto, root }]) => {
    const pointer = mergedInto ?? (root === id ? null : root)
    return [
      campaignOf(id),
      {
        identity: id,
        mergedInto: pointer === null ? null : campaignOf(pointer),
        firstSeen,
        identities: live.filter(([, member]) => member.root === id).length,
      },
    ] as const
  })
  return expected.sort(([a], [b]) => (a < b ? -1 : 1))
}

const step = fc.oneof(
  { weight: 4, arbitrary: anyIdentity },
  { weight: 2, arbitrary: anyMerge },
  { weight: 2, arbitrary: fc.constant('announce' as const) },
)

test('a reader of the announcements knows the campaign of every identity, and every campaign', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), fc.constantFrom(Infinity, 3), (steps, limit) => {
      const campaigns = new CampaignsInMemory(limit)
      const reader = new Reader()
      let nowTs = 0
      for (const each of [...steps, 'announce' as const]) {
        if (each !== 'announce') {
          campaigns.apply(each)
          continue
        }
        reader.read(announceCampaigns(campaigns.stores, ++nowTs))
        const roots = campaigns.roots()
        const expected = Object.entries(roots).map(([id, root]) => [id, campaignOf(root)] as const)
        expect(reader.known(Object.keys(roots))).toEqual(Object.fromEntries(expected))
        expect(reader.campaigns).toEqual(new Set(expected.map(([, campaign]) => campaign)))
        expect([reader.identities, reader.live]).toEqual([expected.length, reader.campaigns.size])
        const rows = campaigns.stores.campaigns.entries()
        expect(rows).toMatchObject(campaignsFromScratch(campaigns))
        expect(campaigns.stores.pending.entries()).toEqual([])
      }
    }),
    { numRuns: 1_000 },
  )
})

const SILENCE = {
  formed: [],
  assigned: [],
  merged: [],
  unmerged: [],
  identitiesAdded: 0,
  campaignsAdded: 0,
  left: 0,
}
const [a, b, d] = ['a', 'b', 'd'].map(campaignOf) as [string, string, string]
const sharing = (payload: string, ...ids: string[]) =>
  ids.map((id, i) => identity(id, { firstSeen: i + 1, payloadHashes: [payload] }))

function world() {
  const campaigns = new CampaignsInMemory(100)
  return { campaigns, announce: (nowTs = 1) => announceCampaigns(campaigns.stores, nowTs) }
}

test('an announcement in parts leaves a reader, and the rows, as one of everything does', () => {
  const any = fc.oneof({ weight: 4, arbitrary: anyIdentity }, { weight: 2, arbitrary: anyMerge })
  const rounds = fc.array(fc.array(any, { maxLength: 20 }), { maxLength: 4 })
  fc.assert(
    fc.property(rounds, fc.constantFrom(1, 2, 3), (history, identitiesMax) => {
      const campaigns = new CampaignsInMemory(100)
      const reader = new Reader()
      for (const messages of history) {
        campaigns.apply(...messages)
        for (let left = 1; left > 0;) {
          const part = announceCampaigns(campaigns.stores, 1, identitiesMax)
          reader.read(part)
          left = part.left
        }
        const roots = Object.entries(campaigns.roots())
        const expected = roots.map(([id, root]) => [id, campaignOf(root)] as const)
        expect(reader.known(roots.map(([id]) => id))).toEqual(Object.fromEntries(expected))
        expect(reader.campaigns).toEqual(new Set(expected.map(([, campaign]) => campaign)))
        const rows = campaigns.stores.campaigns.entries()
        expect(rows).toMatchObject(campaignsFromScratch(campaigns))
        expect(campaigns.stores.pending.entries()).toEqual([])
      }
    }),
    { numRuns: 500 },
  )
})

test('an announcement without news is silent', () => {
  const { announce, campaigns } = world()
  campaigns.apply(...sharing('p', 'a', 'b'))
  expect(announce().formed).toEqual([{ campaign: a, identities: ['a', 'b'] }])
  expect(announce()).toEqual(SILENCE)
  campaigns.apply(...sharing('p', 'a', 'b'))
  expect(announce()).toEqual(SILENCE)
  campaigns.apply(mergedOut('b', 'a'), ...sharing('p', 'a', 'b'))
  expect(announce()).toEqual(SILENCE)
})

test('a campaign of very many identities is formed with the first of them, the rest assigned', () => {
  const ids = Array.from({ length: 4_100 }, (_, i) => `i${i}`)
  const after = { as: 'member', root: 'i0' } as const
  const changes = ids.map((id) => ({ identity: id, before: { as: 'unknown' } as const, after }))
  const { assigned, formed } = campaignChanges(changes)
  expect(formed.map(({ identities }) => identities)).toEqual([ids.slice(0, 4_096)])
  expect(assigned.map((each) => each.identity)).toEqual(ids.slice(4_096))
})

test('a merge that ends gives back the campaign, with who is in it', () => {
  const { announce, campaigns } = world()
  const bridge = identity('d', { firstSeen: 9, payloadHashes: ['p'] })
  campaigns.apply(...sharing('p', 'a'), ...sharing('q', 'b', 'c'), bridge)
  announce()
  campaigns.apply(...sharing('p', 'b', 'c'))
  expect(announce()).toEqual({
    ...SILENCE,
    merged: [{ winner: a, loser: b }],
    campaignsAdded: -1,
  })
  campaigns.apply(...sharing('q', 'b', 'c'))
  expect(announce()).toEqual({
    ...SILENCE,
    assigned: [
      { campaign: b, identity: 'b', prior: a },
      { campaign: b, identity: 'c', prior: a },
    ],
    unmerged: [{ resurrected: b, formerWinner: a }],
    campaignsAdded: 1,
  })
})

test('an identity that leaves one campaign for another is assigned, with the prior one', () => {
  const { announce, campaigns } = world()
  campaigns.apply(...sharing('p', 'a', 'c'), ...sharing('q', 'b'))
  announce()
  campaigns.apply(identity('c', { firstSeen: 2, payloadHashes: ['q'] }))
  expect(announce()).toEqual({ ...SILENCE, assigned: [{ campaign: b, identity: 'c', prior: a }] })
})

test('the campaign of a root that is merged out goes to where the root went, and comes back', () => {
  const { announce, campaigns } = world()
  campaigns.apply(...sharing('p', 'a', 'b', 'c'), ...sharing('q', 'd'))
  announce()
  campaigns.apply(mergedOut('a', 'd'))
  expect(announce()).toEqual({
    ...SILENCE,
    assigned: [
      { campaign: b, identity: 'b', prior: a },
      { campaign: b, identity: 'c', prior: a },
    ],
    merged: [{ winner: d, loser: a }],
    unmerged: [{ resurrected: b, formerWinner: a }],
    identitiesAdded: -1,
  })
  campaigns.apply(...sharing('p', 'a'))
  expect(announce()).toEqual({
    ...SILENCE,
    assigned: [{ campaign: a, identity: 'a' }],
    merged: [{ winner: a, loser: b }],
    unmerged: [{ resurrected: a, formerWinner: d }],
    identitiesAdded: 1,
  })
})

test('who comes back is unmerged from the campaign that readers know it in', () => {
  const { announce, campaigns } = world()
  const oldest = identity('o', { payloadHashes: ['o'] })
  campaigns.apply(...sharing('p', 'a'), identity('d', { firstSeen: 9, payloadHashes: ['q'] }))
  announce()
  campaigns.apply(mergedOut('a', 'd'))
  announce()
  campaigns.apply(oldest, identity('d', { firstSeen: 9, payloadHashes: ['o'] }))
  campaigns.apply(...sharing('p', 'a'))
  const { merged, unmerged } = announce()
  expect(merged).toEqual([{ winner: campaignOf('o'), loser: d }])
  expect(unmerged).toEqual([{ resurrected: a, formerWinner: d }])
})

test('an identity that came and was merged out in between is not told, nor kept', () => {
  const { announce, campaigns } = world()
  campaigns.apply(...sharing('p', 'a', 'b'), mergedOut('b', 'a'), mergedOut('x', 'a'))
  expect(announce().formed).toEqual([{ campaign: a, identities: ['a'] }])
  expect(campaigns.stores.identities.entries().map(([id]) => id)).toEqual(['a'])
  expect(campaigns.stores.campaigns.entries().map(([id]) => id)).toEqual([a])
})

test('a campaign is updated when something else is known of an identity in it', () => {
  const { announce, campaigns } = world()
  campaigns.apply(...sharing('p', 'a', 'b'))
  announce(5)
  campaigns.apply(
    identity('b', { firstSeen: 2, payloadHashes: ['p'], keystrokeCentroid: '0'.repeat(16) }),
  )
  expect(announce(6)).toEqual(SILENCE)
  expect(campaigns.stores.campaigns.get(a)).toEqual({
    identity: 'a',
    mergedInto: null,
    firstSeen: 1,
    updatedTs: 6,
    identities: 2,
  })
  expect(campaigns.stores.campaigns.get(b)).toMatchObject({ mergedInto: a, updatedTs: 5 })
})
