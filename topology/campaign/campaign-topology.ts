import type { Topology } from '../topology.ts'
import type { CampaignOptions } from './campaign-options.ts'
import { CAMPAIGN_WORKER_STORE, CampaignProcessor } from './campaign-processor.ts'
import { addCampaignSinks, CAMPAIGN } from './campaign-sinks.ts'
import { CAMPAIGN_STORES } from './campaign-stores.ts'
import { addReferenceCampaign } from './reference-campaign-topology.ts'

/** From a change to its announcement, at most: what comes in between is announced together. */
const PASS_INTERVAL_MS = 250

/** Adds `campaign`, which is one task: what is one campaign can turn on any two identities. */
export function addCampaign(topology: Topology, options: CampaignOptions): void {
  if (options.policy === 'reference') {
    addReferenceCampaign(topology, options)
    return
  }
  const { genericEvidenceLimit, health, parents, serdes } = options
  topology.addProcessor(CAMPAIGN, () => new CampaignProcessor({ health, genericEvidenceLimit }), {
    parents,
    stores: [...CAMPAIGN_STORES, CAMPAIGN_WORKER_STORE],
    punctuation: { clock: 'wall-clock', intervalMs: PASS_INTERVAL_MS },
  })
  addCampaignSinks(topology, serdes)
}
