import type { CampaignNews } from '../../topology/campaign/campaign-outcome.ts'
import { campaignPass } from '../../topology/campaign/campaign-pass.ts'
import { REFERENCE_CAMPAIGNS } from '../../topology/campaign/campaign-policy.ts'
import { MemoryCampaignStore } from '../support/memory-campaign-store.ts'
import type { Fault } from '../support/told-faults.ts'
import type { Ticker } from './check-ticks.ts'
import { type CampaignEdit, evidenceOf, sightingsOf } from './campaign-edit.ts'

/** What a pass published, and what is stored after it. */
export interface CampaignTick {
  readonly news: CampaignNews
  readonly links: Iterable<readonly [identity: string, campaign: string | null]>
  readonly merges: Iterable<readonly [campaign: string, mergedInto: string | null]>
}

export type CampaignTicker = Ticker<CampaignEdit, CampaignTick>

/** The clusterer alone, over tables in memory. */
export class PlainCampaignTicker implements CampaignTicker {
  readonly #store = new MemoryCampaignStore()

  apply(edit: CampaignEdit): void {
    if (edit.edit === 'add_identity') {
      const { merged_into_uuid: mergedInto, uuid } = edit.row
      const row = { uuid, campaign: null, mergedInto, ...evidenceOf(edit.row) }
      this.#store.setIdentity(row, sightingsOf(edit))
    } else {
      const known = this.#store.identitiesByUuid.get(edit.identity)!
      this.#store.setIdentity({ ...known, ...evidenceOf(edit) }, sightingsOf(edit))
    }
  }

  pass(faults: readonly Fault[], newIds: readonly string[]): Promise<CampaignTick> {
    this.#store.beginPass(faults, newIds)
    const news = campaignPass(this.#store, REFERENCE_CAMPAIGNS)
    const identities = [...this.#store.identitiesByUuid]
    const campaigns = [...this.#store.campaignsByUuid]
    return Promise.resolve({
      news,
      links: identities.map(([uuid, { campaign }]) => [uuid, campaign] as const),
      merges: campaigns.map(([uuid, { mergedInto }]) => [uuid, mergedInto] as const),
    })
  }
}
