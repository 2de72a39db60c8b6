import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { Topology } from '../topology.ts'
import type { CampaignSerdes } from './campaign-options.ts'

/** Name of the processor that `addCampaign` adds. */
export const CAMPAIGN = 'campaign'

/** Children of {@link CAMPAIGN} that lead to public topics. */
export const CAMPAIGN_SINKS = {
  formed: 'campaign-formed',
  identityAssigned: 'campaign-identity-assigned',
  campaignAssigned: 'identity-campaign-assigned',
  merged: 'campaign-merged',
  unmerged: 'campaign-unmerged',
} as const

export type CampaignSink = keyof typeof CAMPAIGN_SINKS

export function addCampaignSinks(topology: Topology, serdes: CampaignSerdes): void {
  for (const sink of Object.keys(CAMPAIGN_SINKS) as CampaignSink[]) {
    const name = CAMPAIGN_SINKS[sink]
    topology.addSink(name, {
      parents: [CAMPAIGN],
      topic: PUBLIC_TOPICS[name],
      serializer: serdes[sink] as CampaignSerdes['formed'],
    })
  }
}
