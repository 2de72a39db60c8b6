import fc from 'fast-check'
import { expect, test } from 'vitest'
import { featuresOfMessage } from '../../../topology/campaign/campaign-member.ts'
import { campaignPartition } from '../../../topology/campaign/campaign-partition.ts'
import { STREAMING_CAMPAIGNS } from '../../../topology/campaign/campaign-policy.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { noTieIsGeneric } from '../../../topology/campaign/tie.ts'
import { tiedPartition } from '../../../topology/campaign/tied-partition.ts'
import { anyIdentity, anyMerge, identity, mergedOut } from './arbitrary-messages.ts'
import { CampaignsInMemory } from './campaign-stores-in-memory.ts'
import { CampaignsOfPairs, partitionOfPairs } from './campaigns-of-pairs.ts'

const message = fc.oneof({ weight: 4, arbitrary: anyIdentity }, { weight: 1, arbitrary: anyMerge })
const batches = fc.array(fc.array(message, { minLength: 1, maxLength: 4 }), { maxLength: 15 })

test('after any history of identities the roots are those of a partition from scratch', () => {
  fc.assert(
    fc.property(batches, fc.constantFrom(Infinity, 2, 3, 5), (history, genericLimit) => {
      const campaigns = new CampaignsInMemory(genericLimit)
      const pairs = new CampaignsOfPairs(genericLimit)
      for (const batch of history) {
        campaigns.apply(...batch)
        pairs.apply(...batch)
        expect(campaigns.roots()).toEqual(pairs.roots())
      }
    }),
    { numRuns: 1_000 },
  )
})

test('while nothing is generic, the edges are those that the campaign weight makes', () => {
  const identities = fc.array(anyIdentity, { maxLength: 8 })
  fc.assert(
    fc.property(identities, (messages) => {
      const features = messages.map(featuresOfMessage)
      const expected = campaignPartition(features, STREAMING_CAMPAIGNS)
      expect(partitionOfPairs(messages, noTieIsGeneric)).toEqual(expected)
      expect(tiedPartition(features, noTieIsGeneric)).toEqual(expected)
    }),
    { numRuns: 1_000 },
  )
})

test('stores hold what the identities say, no matter how they came about', () => {
  fc.assert(
    fc.property(batches, (history) => {
      const latest = new Map<string, IdentityMessage>()
      for (const each of history.flat()) {
        if (each.mergedInto === null) latest.set(each.identity, each)
        else latest.delete(each.identity)
      }
      const grown = new CampaignsInMemory(Infinity)
      for (const batch of history) grown.apply(...batch)
      const direct = new CampaignsInMemory(Infinity).apply(...latest.values())
      const [one, other] = [grown, direct].map(({ stores }) => ({
        rows: stores.identities.entries().filter(([, row]) => row.mergedInto === null),
        stale: stores.identities.entries().filter(([, row]) => row.isStale),
        heads: stores.heads.entries(),
        postings: stores.postings.entries(),
        members: stores.members.entries(),
      }))
      expect(one).toEqual(other)
      expect(one!.stale).toEqual([])
    }),
  )
})

const rootsIn = (campaigns: CampaignsInMemory) => [...new Set(Object.values(campaigns.roots()))]
const withPayloads = (id: string, ...payloadHashes: string[]) => identity(id, { payloadHashes })

test('a payload that more than the limit hold is generic: it joins nobody by itself', () => {
  const campaigns = new CampaignsInMemory(4)
  for (const id of 'abcd') campaigns.apply(withPayloads(id, 'p'))
  expect(rootsIn(campaigns)).toEqual(['a'])
  campaigns.apply(withPayloads('e', 'p'))
  expect(rootsIn(campaigns)).toEqual(['a', 'b', 'c', 'd', 'e'])
  campaigns.apply(withPayloads('d', 'p', 'q'), withPayloads('e', 'p', 'q'))
  expect(rootsIn(campaigns)).toEqual(['a', 'b', 'c', 'd'])
})

test('a generic payload is specific again below half the limit, not before', () => {
  const campaigns = new CampaignsInMemory(5)
  for (const id of 'abcdef') campaigns.apply(withPayloads(id, 'p'))
  campaigns.apply(...['f', 'e', 'd'].map((id) => mergedOut(id, 'x')))
  expect(rootsIn(campaigns)).toEqual(['a', 'b', 'c'])
  campaigns.apply(mergedOut('c', 'x'))
  expect(rootsIn(campaigns)).toEqual(['a'])
})

test('with another limit a payload crosses it when it is gained or lost next', () => {
  const campaigns = new CampaignsInMemory(2)
  for (const id of 'abc') campaigns.apply(withPayloads(id, 'p'))
  expect(rootsIn(campaigns)).toEqual(['a', 'b', 'c'])
  campaigns.restart(10)
  campaigns.apply(withPayloads('d', 'p'))
  expect(rootsIn(campaigns)).toEqual(['a'])
  campaigns.restart(2)
  campaigns.apply(withPayloads('d'))
  expect(rootsIn(campaigns)).toEqual(['a', 'b', 'c', 'd'])
})

const hands = (id: string, visits: IdentityMessage['visits'], keystrokeCentroid: string) =>
  identity(id, { keystrokeCentroid, visits })
const left = (lastTs: number): IdentityMessage['visits'] => [
  ['d1', { firstPhase: 'delivery', firstTs: 0, lastPhase: 'persistence', lastTs }],
]
const taken = (firstTs: number): IdentityMessage['visits'] => [
  ['d1', { firstPhase: 'discovery', firstTs, lastPhase: 'impact', lastTs: null }],
]

test('a foothold taken up by the same hands across midnight joins, by other hands it does not', () => {
  const [midnight, hash] = [86_400 * 19_000, '00000000000000ff']
  const joins = (firstTs: number, centroid: string) => {
    const campaigns = new CampaignsInMemory(10)
    campaigns.apply(hands('a', left(midnight - 0.5), hash), hands('b', taken(firstTs), centroid))
    return rootsIn(campaigns).length === 1
  }
  expect(joins(midnight + 1, '01010101010101ff')).toBe(true)
  expect(joins(midnight + 86_399.5, hash)).toBe(true)
  expect(joins(midnight + 86_399.6, hash)).toBe(false)
  expect(joins(midnight - 1, hash)).toBe(false)
  expect(joins(midnight + 1, '01010101010103ff')).toBe(false)
})

test('hands that more than the limit have on one decky are nobody’s', () => {
  const campaigns = new CampaignsInMemory(3)
  const day = 86_400 * 19_000
  const hash = '0123456789abcdef'
  campaigns.apply(hands('a', left(day), hash), hands('b', taken(day + 60), hash))
  expect(rootsIn(campaigns)).toEqual(['a'])
  for (const id of 'cd') campaigns.apply(hands(id, left(day), hash))
  expect(rootsIn(campaigns)).toEqual(['a', 'b', 'c', 'd'])
})

test('the root that is merged out leaves its campaign to the oldest of the others, and comes back', () => {
  const campaigns = new CampaignsInMemory(10)
  campaigns.apply(...['a', 'b', 'c'].map((id) => withPayloads(id, 'p')))
  campaigns.apply(mergedOut('a', 'x'))
  expect(campaigns.roots()).toEqual({ b: 'b', c: 'b' })
  campaigns.apply(mergedOut('b', 'x'), withPayloads('b', 'p'), withPayloads('a', 'p'))
  expect(campaigns.roots()).toEqual({ a: 'a', b: 'a', c: 'a' })
})

test('a hub and its rotating members cost the same however many there are', () => {
  const costs = [1_000, 4_000].map((size) => {
    const campaigns = new CampaignsInMemory(50)
    for (let i = 0; i < size; i++) {
      campaigns.apply(withPayloads(`i${i}`, 'hub', `p${i % (size / 4)}`))
      campaigns.apply(withPayloads(`i${i}`, 'hub', `q${i % (size / 4)}`))
    }
    const { members, postings } = campaigns.stores
    return (postings.rowsListed + members.rowsListed) / size
  })
  expect(costs[1]).toBeLessThan(costs[0]! * 1.2)
})

test('identities that leave one campaign together cost as many, not their square', () => {
  const costs = [200, 800].map((size) => {
    const campaigns = new CampaignsInMemory(10_000)
    const ids = Array.from({ length: size }, (_, i) => `i${i}`)
    campaigns.apply(...ids.map((id, i) => withPayloads(id, `p${i >> 1}`, 'hub')))
    campaigns.apply(...ids.map((id) => withPayloads(id, 'all')))
    const before = campaigns.stores.members.rowsListed
    campaigns.apply(...ids.slice(1).map((id) => mergedOut(id, 'i0')))
    expect(campaigns.roots()).toEqual({ i0: 'i0' })
    return (campaigns.stores.members.rowsListed - before) / size
  })
  expect(costs[1]).toBeLessThan(costs[0]! * 1.2)
})

test('deckies beyond what is taken are left out, whatever order they come in', () => {
  const visits = Array.from({ length: 2_000 }, (_, i) => [`d${i}`, left(i)[0]![1]] as const)
  const taken = featuresOfMessage(identity('a', { visits })).visits
  expect(taken.size).toBe(1_024)
  expect(featuresOfMessage(identity('a', { visits: visits.toReversed() })).visits).toEqual(taken)
})
