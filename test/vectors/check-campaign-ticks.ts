import { checkTicks, mergesInVectorWords, type TicksVector } from './check-ticks.ts'
import type { CheckResult } from './check-result.ts'
import type { CampaignEdit } from './campaign-edit.ts'
import type { CampaignTick, CampaignTicker } from './campaign-ticker.ts'

export type CampaignTicksVector = TicksVector<CampaignEdit>

/** @param ticker a new one for each case */
export function checkCampaignTicks(
  vectors: readonly CampaignTicksVector[],
  ticker: () => CampaignTicker,
): Promise<CheckResult> {
  return checkTicks(vectors, ticker, inVectorWords)
}

function inVectorWords({ links, merges, news }: CampaignTick): unknown {
  return {
    formed: news.formed.map(({ campaign, identities: members }) => ({
      campaign_uuid: campaign,
      identity_uuids: members,
    })),
    assigned: news.assigned.map(({ campaign, identity }) => ({
      campaign_uuid: campaign,
      identity_uuid: identity,
      prior_campaign_uuid: null,
    })),
    ...mergesInVectorWords(news),
    identities: Object.fromEntries(links),
    campaigns: Object.fromEntries(merges),
  }
}
