import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isCampaignEdge } from '../../../topology/campaign/campaign-edge.ts'
import { featuresOfMessage } from '../../../topology/campaign/campaign-member.ts'
import { campaignPartition } from '../../../topology/campaign/campaign-partition.ts'
import { STREAMING_CAMPAIGNS } from '../../../topology/campaign/campaign-policy.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { type IsGenericTie, noTieIsGeneric, tiesOf } from '../../../topology/campaign/tie.ts'
import { tiedPartition } from '../../../topology/campaign/tied-partition.ts'
import { Components } from '../../../topology/clustering/components.ts'
import { isGenericAfter } from '../../../topology/identity/evidence-head.ts'
import { anyIdentity, anyMerge } from './arbitrary-messages.ts'
import { CampaignsInMemory } from './campaign-stores-in-memory.ts'

/** Which ties are generic, from the identities alone: counts each anew after each change. */
class GenericModel {
  readonly #limit: number
  #generic = new Set<string>()

  constructor(genericLimit: number) {
    this.#limit = genericLimit
  }

  readonly isGeneric: IsGenericTie = (tie) => this.#generic.has(tie)

  see(identities: Iterable<IdentityMessage>): void {
    const holders = new Map<string, number>()
    for (const each of identities) {
      for (const tie of tiesOf(featuresOfMessage(each))) {
        holders.set(tie, (holders.get(tie) ?? 0) + 1)
      }
    }
    const generic = [...holders].filter(([tie, count]) =>
      isGenericAfter(this.#generic.has(tie), count, this.#limit),
    )
    this.#generic = new Set(generic.map(([tie]) => tie))
  }
}

/** Groups of places by looking at every pair. */
function partitionOfPairs(identities: readonly IdentityMessage[], isGeneric: IsGenericTie) {
  const features = identities.map(featuresOfMessage)
  const components = new Components(identities.length)
  for (const [i, a] of features.entries()) {
    for (const [j, b] of features.entries()) {
      if (i < j && isCampaignEdge(a, b, isGeneric)) components.join(i, j)
    }
  }
  return components.groups()
}

function rootsOf(identities: readonly IdentityMessage[], groups: readonly number[][]) {
  const roots: Record<string, string> = {}
  for (const group of groups) {
    const members = group.map((place) => identities[place]!)
    const [oldest] = members.toSorted(
      (a, b) => a.firstSeen - b.firstSeen || (a.identity < b.identity ? -1 : 1),
    )
    for (const { identity } of members) roots[identity] = oldest!.identity
  }
  return roots
}

const message = fc.oneof({ weight: 4, arbitrary: anyIdentity }, { weight: 1, arbitrary: anyMerge })
const batches = fc.array(fc.array(message, { minLength: 1, maxLength: 4 }), { maxLength: 15 })

test('after any history of identities the roots are those of a partition from scratch', () => {
  fc.assert(
    fc.property(batches, fc.constantFrom(Infinity, 2, 3, 4), (history, genericLimit) => {
      const campaigns = new CampaignsInMemory(genericLimit)
      const identities = new Map<string, IdentityMessage>()
      const generic = new GenericModel(genericLimit)
      for (const batch of history) {
        campaigns.apply(...batch)
        for (const each of batch) {
          if (each.mergedInto === null) identities.set(each.identity, each)
          else identities.delete(each.identity)
          generic.see(identities.values())
        }
        const now = [...identities.values()]
        expect(campaigns.roots()).toEqual(rootsOf(now, partitionOfPairs(now, generic.isGeneric)))
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
