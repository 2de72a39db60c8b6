import type { Topology } from '../topology.ts'
import type { CampaignOptions } from './campaign-options.ts'
import { CampaignProcessor } from './campaign-processor.ts'
import { addCampaignSinks, CAMPAIGN } from './campaign-sinks.ts'
import { CAMPAIGN_STORES } from './campaign-stores.ts'
import { addReferenceCampaign } from './reference-campaign-topology.ts'

/** So long campaigns wait to be announced, so that a move of many identities is told as one. */
const ANNOUNCEMENT_INTERVAL_MS = 250

/** Adds the sub-topology `campaign`: its processor and its public sinks. */
export function addCampaign(topology: Topology, options: CampaignOptions): void {
  const { genericEvidenceLimit, parents, policy, serdes } = options
  if (policy === 'reference') {
    addReferenceCampaign(topology, options)
    return
  }
  topology.addProcessor(CAMPAIGN, () => new CampaignProcessor(genericEvidenceLimit), {
    parents,
    stores: CAMPAIGN_STORES,
    punctuation: { clock: 'wall-clock', intervalMs: ANNOUNCEMENT_INTERVAL_MS },
  })
  addCampaignSinks(topology, serdes)
}
