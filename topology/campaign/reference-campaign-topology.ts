import { REFERENCE_TICK_MS } from '../attribution/reference-multi-actor-processor.ts'
import type { StoreSpec } from '../store.ts'
import type { Topology } from '../topology.ts'
import type { CampaignOptions } from './campaign-options.ts'
import { campaignIdentitiesStore, campaignMembersStore, campaignsStore } from './campaign-stores.ts'
import { addCampaignSinks, CAMPAIGN } from './campaign-sinks.ts'
import {
  type InterceptCampaigns,
  ReferenceCampaignProcessor,
} from './reference-campaign-processor.ts'
import {
  referenceCampaignIdentitiesStore,
  referenceCampaignsStore,
} from './reference-campaign-rows.ts'

const REFERENCE_STORES: readonly StoreSpec<unknown>[] = [
  referenceCampaignIdentitiesStore,
  referenceCampaignsStore,
  campaignIdentitiesStore,
  campaignMembersStore,
  campaignsStore,
]

/** `campaign` under the reference policy. */
export function addReferenceCampaign(
  topology: Topology,
  {
    parents,
    referencePassMs = REFERENCE_TICK_MS,
    serdes,
  }: Omit<CampaignOptions, 'genericEvidenceLimit' | 'health' | 'policy'>,
  intercept: InterceptCampaigns = (store) => store,
): void {
  topology.addProcessor(CAMPAIGN, () => new ReferenceCampaignProcessor(intercept), {
    parents,
    stores: REFERENCE_STORES,
    punctuation: { clock: 'wall-clock', intervalMs: referencePassMs },
  })
  addCampaignSinks(topology, serdes)
}
