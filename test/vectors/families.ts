import {
  type CampaignPolicy,
  REFERENCE_CAMPAIGNS,
  STREAMING_CAMPAIGNS,
} from '../../topology/campaign/campaign-policy.ts'
import { CampaignTickDriver } from './campaign-tick-driver.ts'
import { PlainCampaignTicker } from './campaign-ticker.ts'
import { checkCampaignOrders, checkCampaignPairs } from './check-campaign-pairs.ts'
import { checkCampaignTicks, type CampaignTicksVector } from './check-campaign-ticks.ts'
import { checkDigraphCentroid } from './check-digraph-centroid.ts'
import { checkFlows, type FlowVector } from './check-flows.ts'
import { checkIdentityPairs } from './check-identity-pairs.ts'
import { checkIdentityTicks, type IdentityTicksVector } from './check-identity-ticks.ts'
import { checkMetrics } from './check-metrics.ts'
import { checkMultiActor } from './check-multi-actor.ts'
import { checkRaising } from './check-raising.ts'
import type { CheckResult } from './check-result.ts'
import { checkSeries, type SeriesVector } from './check-series.ts'
import {
  checkCorpora,
  checkScenarios,
  checkStreamingCorpora,
  type CorpusClusterer,
  type CorpusVector,
} from './check-scenarios.ts'
import { clustered } from './corpus.ts'
import { clusteredByTopology } from './corpus-driver.ts'
import { IdentityTickDriver } from './identity-tick-driver.ts'
import { PlainIdentityTicker } from './identity-ticker.ts'
import type { PolicyName } from './vector-driver.ts'
import { readVectors } from './vector-files.ts'

/** A file of vectors and how it is checked. */
export interface Family {
  readonly name: string
  /** Shown beside the counts. */
  readonly note: string
  /** @returns null: the folder has no such file */
  readonly check: (folder: string) => Promise<CheckResult | null>
}

/** @param check takes the cases as the family's file has them */
function family(
  name: string,
  note: string,
  check: (vectors: readonly never[]) => Promise<CheckResult>,
): Family {
  return {
    name,
    note,
    check: async (folder) => {
      const vectors = readVectors(folder, name)
      return vectors === null ? null : await check(vectors as never[])
    },
  }
}

type OwnFlow = FlowVector & { readonly policy: PolicyName }

export const FAMILIES: readonly Family[] = [
  family('attribution-series', 'reference policy', (vectors: readonly SeriesVector[]) =>
    checkSeries(vectors, 'reference'),
  ),
  family('attribution-series', 'streaming policy', (vectors: readonly SeriesVector[]) =>
    checkSeries(vectors, 'streaming'),
  ),
  family('attribution-flows', 'reference policy', (vectors: readonly FlowVector[]) =>
    checkFlows(vectors, 'reference'),
  ),
  family(
    'attribution-raising',
    'reference policy; where the reference raises, our own rule',
    checkRaising,
  ),
  family('multi-actor', 'reference policy', checkMultiActor),
  family('identity-pairs', 'both policies', checkIdentityPairs),
  family('identity-ticks', 'reference policy', (vectors: readonly IdentityTicksVector[]) =>
    checkIdentityTicks(vectors, () => new PlainIdentityTicker()),
  ),
  family(
    'identity-ticks',
    'reference policy, in the topology',
    (vectors: readonly IdentityTicksVector[]) =>
      checkIdentityTicks(vectors, () => new IdentityTickDriver()),
  ),
  family('digraph-centroid', 'both policies', checkDigraphCentroid),
  family('campaign-pairs', 'reference policy', checkCampaignPairs),
  family('campaign-pairs', 'streaming policy: no order matters', checkCampaignOrders),
  family('campaign-ticks', 'reference policy', (vectors: readonly CampaignTicksVector[]) =>
    checkCampaignTicks(vectors, () => new PlainCampaignTicker()),
  ),
  family(
    'campaign-ticks',
    'reference policy, in the topology',
    (vectors: readonly CampaignTicksVector[]) =>
      checkCampaignTicks(vectors, () => new CampaignTickDriver()),
  ),
  family('metrics', 'both policies', checkMetrics),
  family('scenarios', 'reference policy, step by step', checkScenarios),
  ...corpora('scenarios'),
  ...corpora('noise-floor'),
  family('observe-then-register', 'our own cases, both policies', checkOwnFlows),
]

/** Whole corpora: by the clusterers alone, and in the topology, under both policies. */
function corpora(name: string): Family[] {
  const under = (policy: CampaignPolicy): CorpusClusterer => {
    return (actors) => Promise.resolve(clustered(actors, policy))
  }
  const inTopology = (policy: PolicyName): CorpusClusterer => {
    return (actors) => clusteredByTopology(actors, policy)
  }
  const same = (clusterer: CorpusClusterer) => (vectors: readonly CorpusVector[]) =>
    checkCorpora(vectors, clusterer)
  const noWorse = (clusterer: CorpusClusterer) => (vectors: readonly CorpusVector[]) =>
    checkStreamingCorpora(vectors, clusterer)
  return [
    family(name, 'reference policy', same(under(REFERENCE_CAMPAIGNS))),
    family(name, 'reference policy, in the topology', same(inTopology('reference'))),
    family(name, 'streaming policy: nowhere worse', noWorse(under(STREAMING_CAMPAIGNS))),
    family(
      name,
      'streaming policy, in the topology: nowhere worse',
      noWorse(inTopology('streaming')),
    ),
  ]
}

async function checkOwnFlows(vectors: readonly OwnFlow[]): Promise<CheckResult> {
  const results = []
  for (const policy of ['reference', 'streaming'] as const) {
    const own = vectors.filter((vector) => vector.policy === policy)
    results.push(await checkFlows(own, policy))
  }
  return {
    cases: results.reduce((sum, { cases }) => sum + cases, 0),
    prefixes: results.reduce((sum, { prefixes }) => sum + prefixes, 0),
    mismatches: results.flatMap(({ mismatches }) => mismatches),
  }
}
