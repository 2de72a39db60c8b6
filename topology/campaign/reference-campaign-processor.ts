import type { Processor, ProcessorContext } from '../processor.ts'
import type { Record } from '../record.ts'
import { campaignRecords } from './campaign-outcome.ts'
import { campaignPass } from './campaign-pass.ts'
import { REFERENCE_CAMPAIGNS } from './campaign-policy.ts'
import { CAMPAIGN_SINKS } from './campaign-sinks.ts'
import type { CampaignStore } from './campaign-store.ts'
import { campaignIdentitiesStore, campaignMembersStore, campaignsStore } from './campaign-stores.ts'
import type { IdentityMessage } from './identity-message.ts'
import {
  referenceCampaignIdentitiesStore,
  referenceCampaignsStore,
} from './reference-campaign-rows.ts'
import { ReferenceCampaignLedger } from './reference-campaign-ledger.ts'
import { ReferenceCampaignStore } from './reference-campaign-store.ts'

/** Stands between a pass and the tables, anew for each; the vectors let calls fail there. */
export type InterceptCampaigns = (store: CampaignStore) => CampaignStore

/**
 * The reference's campaign clusterer: at each tick, one pass over everything. It reads whole tables
 * and is for the vectors only.
 */
export class ReferenceCampaignProcessor implements Processor<IdentityMessage, object> {
  readonly #intercept: InterceptCampaigns
  #store!: ReferenceCampaignStore
  #ledger!: ReferenceCampaignLedger

  constructor(intercept: InterceptCampaigns) {
    this.#intercept = intercept
  }

  init(context: ProcessorContext<object>): void {
    this.#store = new ReferenceCampaignStore({
      identities: context.store(referenceCampaignIdentitiesStore.name),
      campaigns: context.store(referenceCampaignsStore.name),
    })
    this.#ledger = new ReferenceCampaignLedger(this.#store, {
      campaigns: context.store(campaignsStore.name),
      identities: context.store(campaignIdentitiesStore.name),
      members: context.store(campaignMembersStore.name),
    })
  }

  process(record: Record<IdentityMessage>): void {
    this.#store.put(record.value)
  }

  punctuate(timestampMs: number, context: ProcessorContext<object>): void {
    const outcome = campaignPass(this.#intercept(this.#store), REFERENCE_CAMPAIGNS)
    if (outcome.failures > 0) context.count('steps-failed', outcome.failures)
    if (outcome.cycles > 0) context.count('broken-chains', outcome.cycles)
    for (const { key, sink, value } of campaignRecords(outcome)) {
      context.forward({ key, value, timestampMs }, CAMPAIGN_SINKS[sink])
    }
    this.#ledger.book(timestampMs / 1000)
  }
}
