import { describe, expect, test } from 'vitest'
import {
  REFERENCE_CAMPAIGNS,
  STREAMING_CAMPAIGNS,
} from '../../../topology/campaign/campaign-policy.ts'
import { clusteringMetrics } from '../../../topology/clustering/evaluation/clustering-metrics.ts'
import { badClusterers } from '../../support/bad-clusterers.ts'
import type { CorpusVector, ScenarioVector } from '../../vectors/check-scenarios.ts'
import { type Actor, clustered } from '../../vectors/corpus.ts'
import { ownVectors, readVectors } from '../../vectors/vector-files.ts'

const PERFECT = {
  adjusted_rand_index: 1,
  homogeneity: 1,
  completeness: 1,
  singleton_recall: 1,
}

const FLOORS = {
  adjusted_rand_index: 0.85,
  homogeneity: 0.9,
  completeness: 0.8,
  singleton_recall: 0.95,
}

type Scenario = ScenarioVector & { readonly scenario: string }

const corpora = readVectors(ownVectors(), 'scenarios') as Scenario[]
const noise = readVectors(ownVectors(), 'noise-floor') as CorpusVector[]

const truthOf = (actors: readonly Actor[]) =>
  new Map(actors.map((actor) => [actor.id, actor.truth_campaign]))

describe.each([
  ['reference', REFERENCE_CAMPAIGNS],
  ['streaming', STREAMING_CAMPAIGNS],
])('under the %s policy', (_name, policy) => {
  const alone = corpora.filter(({ scenario }) => scenario !== 'everything')

  test.each(alone)('$id ($scenario) is told perfectly', ({ actors }) => {
    expect(clustered(actors, policy).campaignMetrics).toEqual(PERFECT)
  })
})

test('the streaming policy joins no strangers in the corpora where the reference does', () => {
  const joined = noise.filter(({ metrics_vs_campaign: m }) => m.adjusted_rand_index < 0.95)
  const received = joined.map(({ actors }) => clustered(actors, STREAMING_CAMPAIGNS))
  expect(received).toHaveLength(35)
  for (const { campaignMetrics } of received) expect(campaignMetrics).toEqual(PERFECT)
})

test.each([
  ['credentials', 'same_wordlist', 'homogeneity'],
  ['network', 'rotating_exits', 'completeness'],
  ['dayWindow', 'two_sprints', 'completeness'],
  ['shift', 'operator_relay', 'completeness'],
  ['decay', 'long_campaign', 'completeness'],
] as const)('clustering by %s fails %s: %s below its floor', (name, scenario, metric) => {
  const affected = corpora.filter((corpus) => corpus.scenario === scenario)
  expect(affected).toHaveLength(8)
  for (const { actors } of affected) {
    const metrics = clusteringMetrics(truthOf(actors), badClusterers[name](actors))
    expect(metrics[metric]).toBeLessThan(FLOORS[metric])
  }
})
