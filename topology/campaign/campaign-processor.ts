import type { ByteString } from '../../bytes/byte-string.ts'
import type { Processor, ProcessorContext } from '../processor.ts'
import type { Record } from '../record.ts'
import { announceCampaigns, type CampaignAnnouncement } from './campaign-announcement.ts'
import { campaignRecords } from './campaign-outcome.ts'
import { CAMPAIGN_SINKS } from './campaign-sinks.ts'
import { type CampaignStores, openCampaignStores } from './campaign-stores.ts'
import type { IdentityMessage } from './identity-message.ts'
import { IncrementalCampaigns } from './incremental-campaigns.ts'

/**
 * Keeps campaigns while identities change, and announces at its own pace what has become of them.
 *
 * Counters: `left-out-deckies`.
 */
export class CampaignProcessor implements Processor<IdentityMessage, object> {
  readonly #genericLimit: number
  #stores!: CampaignStores
  #campaigns!: IncrementalCampaigns

  /** @param genericLimit holders of a value beyond which it ties nobody by itself */
  constructor(genericLimit: number) {
    this.#genericLimit = genericLimit
  }

  init(context: ProcessorContext<object>): void {
    this.#stores = openCampaignStores(context)
    const atBatchEnd = (root: ByteString) => context.atBatchEnd(root)
    this.#campaigns = new IncrementalCampaigns(this.#stores, this.#genericLimit, atBatchEnd)
  }

  process({ value }: Record<IdentityMessage>, context: ProcessorContext<object>): void {
    const { deckiesLeftOut } = this.#campaigns.apply(value)
    if (deckiesLeftOut > 0) context.count('left-out-deckies', deckiesLeftOut)
  }

  batchEnd(root: string): void {
    this.#campaigns.computeAnew(root)
  }

  punctuate(timeMs: number, context: ProcessorContext<object>): void {
    this.#pass(timeMs, context)
  }

  /** Announces what is pending; nothing if nothing is. */
  #pass(timestampMs: number, context: ProcessorContext<object>): CampaignAnnouncement {
    const announcement = announceCampaigns(this.#stores, timestampMs / 1000)
    for (const { key, sink, value } of campaignRecords(announcement)) {
      context.forward({ key, value, timestampMs }, CAMPAIGN_SINKS[sink])
    }
    return announcement
  }
}
