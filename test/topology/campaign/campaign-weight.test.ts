import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CampaignFeatures,
  c2Endpoint,
  payload,
} from '../../../topology/campaign/campaign-features.ts'
import {
  REFERENCE_CAMPAIGNS,
  STREAMING_CAMPAIGNS,
} from '../../../topology/campaign/campaign-policy.ts'
import {
  CAMPAIGN_THRESHOLD,
  campaignScores,
  campaignWeight,
} from '../../../topology/campaign/campaign-weight.ts'
import { parseKeystrokeCentroid } from '../../../topology/campaign/keystroke-centroid.ts'
import { features, nobody } from './arbitrary-features.ts'

const DAY_S = 86_400

const leaver: CampaignFeatures = {
  ...nobody,
  visits: new Map([
    ['d1', { firstPhase: 'delivery', firstTs: 0, lastPhase: 'persistence', lastTs: 100 }],
  ]),
}

function taker(firstTs: number): CampaignFeatures {
  const visit = { firstPhase: 'discovery', firstTs, lastPhase: 'impact', lastTs: firstTs } as const
  return { ...nobody, visits: new Map([['d1', visit]]) }
}

test.each([
  [99, 0],
  [100, 1],
  [100 + DAY_S, 1],
  [100 + DAY_S + 0.5, 0],
])('timing alone: taken up at %d s scores %d under the reference policy', (firstTs, score) => {
  const scores = campaignScores(leaver, taker(firstTs), REFERENCE_CAMPAIGNS)
  expect(scores.handOff).toBe(score)
  expect(campaignScores(taker(firstTs), leaver, REFERENCE_CAMPAIGNS).handOff).toBe(score)
})

test('a foothold left and taken up by sides with nothing else in common is no hand-over', () => {
  const scores = campaignScores(leaver, taker(200), STREAMING_CAMPAIGNS)
  expect(campaignWeight(scores)).toBe(0)
})

test('one payload of several in common makes a hand-over, and alone would not be an edge', () => {
  const left = { ...leaver, infrastructure: new Set([payload('a'), payload('b'), payload('c')]) }
  const infrastructure = new Set([payload('a'), c2Endpoint('x')])
  const apart = campaignScores(left, { ...nobody, infrastructure }, STREAMING_CAMPAIGNS)
  const handed = campaignScores(left, { ...taker(200), infrastructure }, STREAMING_CAMPAIGNS)
  expect(campaignWeight(apart)).toBeLessThan(CAMPAIGN_THRESHOLD)
  expect(handed.handOff).toBe(1)
})

test.each([
  ['00000000000000ff', 0],
  ['000000000000007f', 1],
])('hands at %s from zero make a hand-over of the timing: %d', (centroid, score) => {
  const hands = { keystrokes: parseKeystrokeCentroid(centroid) }
  const zero = { keystrokes: parseKeystrokeCentroid('0000000000000000') }
  const scores = campaignScores(
    { ...leaver, ...zero },
    { ...taker(200), ...hands },
    STREAMING_CAMPAIGNS,
  )
  expect(scores.handOff).toBe(score)
})

test('a payload that reads like a C2 endpoint is not one', () => {
  const a = { ...nobody, infrastructure: new Set([payload('x')]) }
  const b = { ...nobody, infrastructure: new Set([c2Endpoint('x')]) }
  expect(campaignScores(a, b, REFERENCE_CAMPAIGNS).infrastructure).toBe(0)
})

test('the same hands at the same time are exactly an edge', () => {
  const both: CampaignFeatures = {
    ...nobody,
    keystrokes: { high: 7, low: 7 },
    sessions: [{ startTs: 5, endTs: 10 }],
  }
  for (const policy of [REFERENCE_CAMPAIGNS, STREAMING_CAMPAIGNS]) {
    expect(campaignWeight(campaignScores(both, both, policy))).toBe(CAMPAIGN_THRESHOLD)
  }
})

test('under the streaming policy both directions score alike, bit by bit', () => {
  fc.assert(
    fc.property(features, features, (a, b) => {
      const there = campaignScores(a, b, STREAMING_CAMPAIGNS)
      expect(campaignScores(b, a, STREAMING_CAMPAIGNS)).toEqual(there)
    }),
  )
})

test('the streaming policy takes hand-overs from the reference, and adds none', () => {
  fc.assert(
    fc.property(features, features, (a, b) => {
      const { handOff } = campaignScores(a, b, STREAMING_CAMPAIGNS)
      expect(handOff).toBeLessThanOrEqual(campaignScores(a, b, REFERENCE_CAMPAIGNS).handOff)
    }),
  )
})

test('every score is between 0 and 1', () => {
  const policy = fc.constantFrom(REFERENCE_CAMPAIGNS, STREAMING_CAMPAIGNS)
  fc.assert(
    fc.property(features, features, policy, (a, b, chosen) => {
      for (const score of Object.values(campaignScores(a, b, chosen)) as number[]) {
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThanOrEqual(1)
      }
    }),
  )
})
