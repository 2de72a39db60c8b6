import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CampaignFeatures } from '../../../topology/campaign/campaign-features.ts'
import { campaignPartition } from '../../../topology/campaign/campaign-partition.ts'
import {
  REFERENCE_CAMPAIGNS,
  STREAMING_CAMPAIGNS,
} from '../../../topology/campaign/campaign-policy.ts'
import { features, nobody } from './arbitrary-features.ts'

type Group = readonly (CampaignFeatures & { readonly id: string })[]

function groups(members: Group): Set<string> {
  const places = campaignPartition(members, STREAMING_CAMPAIGNS)
  return new Set(
    places.map((group) =>
      group
        .map((place) => members[place]!.id)
        .sort()
        .join(),
    ),
  )
}

const corpus = fc
  .array(features, { maxLength: 8 })
  .map((drawn) => drawn.map((each, i) => ({ ...each, id: String(i) })))

test('the streaming partition does not depend on the order', () => {
  const shuffled = corpus.chain((members) =>
    fc.tuple(
      fc.constant(members),
      fc.shuffledSubarray(members, { minLength: members.length, maxLength: members.length }),
    ),
  )
  fc.assert(
    fc.property(shuffled, ([members, other]) => {
      expect(groups(other)).toEqual(groups(members))
    }),
  )
})

test('the reference partition may depend on the order', () => {
  const keystrokes = { high: 1, low: 1 }
  const short = { ...nobody, keystrokes, sessions: [{ startTs: 0, endTs: 10 }] }
  const long = { ...nobody, keystrokes, sessions: [{ startTs: 0, endTs: 100 }] }
  expect(campaignPartition([short, long], REFERENCE_CAMPAIGNS)).toEqual([[0, 1]])
  expect(campaignPartition([long, short], REFERENCE_CAMPAIGNS)).toEqual([[0], [1]])
  expect(campaignPartition([long, short], STREAMING_CAMPAIGNS)).toEqual([[0, 1]])
})

test('identities that show nothing stay alone', () => {
  expect(campaignPartition([nobody, nobody], REFERENCE_CAMPAIGNS)).toEqual([[0], [1]])
  expect(campaignPartition([], STREAMING_CAMPAIGNS)).toEqual([])
})
