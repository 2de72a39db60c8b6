import {
  REFERENCE_CAMPAIGNS,
  STREAMING_CAMPAIGNS,
} from '../../topology/campaign/campaign-policy.ts'
import type { ClusteringMetrics } from '../../topology/clustering/evaluation/clustering-metrics.ts'
import type { CampaignProjection } from './campaign-projection.ts'
import type { Projection } from './check-identity-pairs.ts'
import { alikeMetrics } from './check-metrics.ts'
import { type CheckResult, Comparison } from './check-result.ts'
import { type Actor, clustered, type ClusteredCorpus, observationOf } from './corpus.ts'
import { byFirst } from './groups.ts'
import { metricDistribution } from './metric-distribution.ts'

export interface CorpusVector {
  readonly id: string
  readonly actors: readonly Actor[]
  readonly identity_partition: readonly (readonly string[])[]
  readonly campaign_partition: readonly (readonly string[])[]
  readonly metrics_vs_campaign: ClusteringMetrics
  readonly metrics_identity_vs_identity: ClusteringMetrics
}

export interface ScenarioVector extends CorpusVector {
  readonly observations: readonly Projection[]
  readonly identity_groups: Readonly<Record<string, readonly string[]>>
  readonly features: readonly CampaignProjection[]
}

/** Whole corpora: attackers in, identities and campaigns out, and how good they are. */
export async function checkScenarios(vectors: readonly ScenarioVector[]): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const vector of vectors) {
    comparison.step(vector.id, 0, vector.observations, vector.actors.map(observationOf))
    const { identities, projections } = clustered(vector.actors, REFERENCE_CAMPAIGNS)
    const names = identities.map((members, i) => [
      projections[i]!.id,
      members.map(({ id }) => id).sort(),
    ])
    comparison.step(vector.id, 1, vector.identity_groups, Object.fromEntries(names))
    comparison.step(vector.id, 2, vector.features, projections)
    compareCorpus(comparison, vector, 3, clustered(vector.actors, REFERENCE_CAMPAIGNS))
  }
  return await Promise.resolve(comparison.result(vectors.length))
}

/** Makes identities and campaigns of actors. */
export type CorpusClusterer = (actors: readonly Actor[]) => Promise<ClusteredCorpus>

export async function checkCorpora(
  vectors: readonly CorpusVector[],
  clusterer: CorpusClusterer,
): Promise<CheckResult> {
  const comparison = new Comparison()
  const metrics: ClusteringMetrics[] = []
  for (const vector of vectors) {
    const received = await clusterer(vector.actors)
    compareCorpus(comparison, vector, 0, received)
    metrics.push(received.campaignMetrics)
  }
  return { ...comparison.result(vectors.length), remarks: metricDistribution(metrics) }
}

/** Partitions and metrics of one corpus under the reference policy: four steps. */
function compareCorpus(
  comparison: Comparison,
  vector: CorpusVector,
  step: number,
  received: ClusteredCorpus,
): void {
  const { metrics_identity_vs_identity: ofIdentities, metrics_vs_campaign: ofCampaigns } = vector
  const compared: [expected: unknown, received: unknown][] = [
    [vector.identity_partition, idsOf(received.identities)],
    [vector.campaign_partition, idsOf(received.campaigns)],
    [ofCampaigns, alikeMetrics(ofCampaigns, received.campaignMetrics)],
    [ofIdentities, alikeMetrics(ofIdentities, received.identityMetrics)],
  ]
  for (const [i, pair] of compared.entries()) comparison.step(vector.id, step + i, ...pair)
}

/**
 * The streaming policy on the same corpora: the identities and campaigns of the functions alone, and
 * campaigns no worse in any metric than the reference's. What is expected is the better of the two.
 */
export async function checkStreamingCorpora(
  vectors: readonly CorpusVector[],
  clusterer: CorpusClusterer,
): Promise<CheckResult> {
  const comparison = new Comparison()
  const metrics: ClusteringMetrics[] = []
  for (const { actors, id, metrics_vs_campaign: reference } of vectors) {
    const clusters = await clusterer(actors)
    const { campaignMetrics } = clusters
    metrics.push(campaignMetrics)
    const received = alikeMetrics(reference, campaignMetrics)
    const expected = {
      adjusted_rand_index: Math.max(reference.adjusted_rand_index, received.adjusted_rand_index),
      homogeneity: Math.max(reference.homogeneity, received.homogeneity),
      completeness: Math.max(reference.completeness, received.completeness),
      singleton_recall: Math.max(reference.singleton_recall, received.singleton_recall),
    }
    comparison.step(id, 0, expected, received)
    const plain = clustered(actors, STREAMING_CAMPAIGNS)
    comparison.step(id, 1, idsOf(plain.identities), idsOf(clusters.identities))
    comparison.step(id, 2, idsOf(plain.campaigns), idsOf(clusters.campaigns))
  }
  return { ...comparison.result(vectors.length), remarks: metricDistribution(metrics) }
}

function idsOf(groups: readonly (readonly Actor[])[]): string[][] {
  return byFirst(groups.map((group) => group.map(({ id }) => id)))
}
