import { campaignMembersStore } from '../../state/campaign-rows.ts'
import { identityComponentsStore } from '../../state/identity-rows.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import type { Labelling } from '../../topology/clustering/evaluation/labelling.ts'
import type { InstanceClient } from '../http/instance-client.ts'
import { storePages } from './store-pages.ts'

export type Level = 'identity' | 'campaign'

export interface Predicted {
  /** Attacker → identity, or campaign: of those asked about that the instance knows. */
  readonly labels: Labelling
  /** Attackers that the instance knows and nobody asked about. */
  readonly others: number
  /** Input records that were not in what was read. */
  readonly lag: number
}

export interface PredictionRequest {
  readonly client: InstanceClient
  readonly level: Level
  readonly signal: AbortSignal
  /** Told how many rows were read so far. */
  readonly onProgress: (rows: number) => void
}

/**
 * What a running instance says of attackers. It reads whole stores, a thousand rows a request, and
 * keeps what concerns the attackers asked about: memory is bounded by them.
 * @throws {CommandFailure} see {@link storePages}
 */
export async function predictedLabels(
  attackers: ReadonlySet<string>,
  { client, level, onProgress, signal }: PredictionRequest,
): Promise<Predicted> {
  const roots = new Map<string, string>()
  let [others, rows, lag] = [0, 0, 0]
  for await (const page of storePages(client, identityComponentsStore, signal)) {
    for (const [root = '', attacker = ''] of page.keys) {
      if (attackers.has(attacker)) roots.set(attacker, stubIdentity(root))
      else others++
    }
    rows += page.keys.length
    lag = page.lag
    onProgress(rows)
  }
  if (level === 'identity') return { labels: roots, others, lag }
  const identities = new Set(roots.values())
  const campaigns = new Map<string, string>()
  for await (const page of storePages(client, campaignMembersStore, signal)) {
    for (const [campaign = '', identity = ''] of page.keys) {
      if (identities.has(identity)) campaigns.set(identity, campaign)
    }
    rows += page.keys.length
    lag = Math.max(lag, page.lag)
    onProgress(rows)
  }
  const labels = new Map<string, string>()
  for (const [attacker, identity] of roots) {
    const campaign = campaigns.get(identity)
    if (campaign !== undefined) labels.set(attacker, campaign)
  }
  return { labels, others, lag }
}
