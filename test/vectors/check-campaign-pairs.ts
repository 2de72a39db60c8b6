import { campaignPartition } from '../../topology/campaign/campaign-partition.ts'
import {
  REFERENCE_CAMPAIGNS,
  STREAMING_CAMPAIGNS,
} from '../../topology/campaign/campaign-policy.ts'
import { campaignScores, campaignWeight } from '../../topology/campaign/campaign-weight.ts'
import { campaignFeatures, type CampaignProjection } from './campaign-projection.ts'
import { type CheckResult, Comparison } from './check-result.ts'
import { byFirst } from './groups.ts'

export interface CampaignPairsVector {
  readonly id: string
  readonly features: readonly CampaignProjection[]
  readonly pairs: readonly OrderedPair[]
  readonly partition: readonly (readonly string[])[]
  readonly partition_reversed: readonly (readonly string[])[]
}

type OrderedPair = readonly [
  i: number,
  j: number,
  handOff: number,
  infrastructure: number,
  temporal: number,
  cohort: number,
  keystroke: number,
  combined: number,
]

/** Each ordered pair's scores and weight, then the partition in the given order and reversed. */
export async function checkCampaignPairs(
  vectors: readonly CampaignPairsVector[],
): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const { features, id, pairs, partition, partition_reversed: reversed } of vectors) {
    comparison.step(id, 0, pairs, pairsOf(features))
    comparison.step(id, 1, partition, partitionOf(features, REFERENCE_CAMPAIGNS))
    comparison.step(id, 2, reversed, partitionOf(features.toReversed(), REFERENCE_CAMPAIGNS))
  }
  return await Promise.resolve(comparison.result(vectors.length))
}

/** Under the streaming policy no partition depends on the order. */
export async function checkCampaignOrders(
  vectors: readonly CampaignPairsVector[],
): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const { features, id } of vectors) {
    const forwards = partitionOf(features, STREAMING_CAMPAIGNS)
    const backwards = partitionOf(features.toReversed(), STREAMING_CAMPAIGNS)
    comparison.step(id, 0, forwards, backwards)
  }
  return await Promise.resolve(comparison.result(vectors.length))
}

function pairsOf(projections: readonly CampaignProjection[]): OrderedPair[] {
  const features = projections.map(campaignFeatures)
  const pairs: OrderedPair[] = []
  for (const [i, a] of features.entries()) {
    for (const [j, b] of features.entries()) {
      if (i === j) continue
      const scores = campaignScores(a, b, REFERENCE_CAMPAIGNS)
      const { cohort, handOff, infrastructure, keystroke, temporal } = scores
      const combined = campaignWeight(scores)
      if (combined === 0) continue
      pairs.push([i, j, handOff, infrastructure, temporal, cohort, keystroke, combined])
    }
  }
  return pairs
}

function partitionOf(
  projections: readonly CampaignProjection[],
  policy: typeof REFERENCE_CAMPAIGNS,
): string[][] {
  const groups = campaignPartition(projections.map(campaignFeatures), policy)
  return byFirst(groups.map((group) => group.map((place) => projections[place]!.id)))
}
