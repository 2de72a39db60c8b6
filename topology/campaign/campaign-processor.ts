import type { ByteString } from '../../bytes/byte-string.ts'
import { Steps } from '../clustering/steps.ts'
import type { Processor, ProcessorContext } from '../processor.ts'
import type { Record } from '../record.ts'
import { WorkerGate } from '../worker/worker-gate.ts'
import { workerStore } from '../worker/worker-row.ts'
import type { ControlMessage } from '../worker/worker-topics.ts'
import { announceCampaigns } from './campaign-announcement.ts'
import { campaignRecords } from './campaign-outcome.ts'
import { CAMPAIGN, CAMPAIGN_SINKS } from './campaign-sinks.ts'
import { type CampaignStores, openCampaignStores } from './campaign-stores.ts'
import type { IdentityMessage } from './identity-message.ts'
import { IncrementalCampaigns } from './incremental-campaigns.ts'

export interface CampaignProcessorOptions {
  /** Holders of a value beyond which it ties nobody by itself. */
  readonly genericEvidenceLimit: number
  /** Child that is sent heartbeats; null: nobody hears. */
  readonly health: string | null
}

export const CAMPAIGN_WORKER_STORE = workerStore(CAMPAIGN)

/**
 * Knows which identities are one campaign (streaming policy).
 *
 * C1. A message is applied at once; what it changed is announced by the next pass, which comes with
 *     the next punctuation unless the worker is paused, so that a move of many is told as one.
 * C2. A message that fails leaves nothing behind and goes to the dead letters. A record of a pass
 *     that cannot be told is skipped and counted; the others stand.
 *
 * Counters: `deckies-left-out`, `steps-failed`.
 */
export class CampaignProcessor implements Processor<IdentityMessage | ControlMessage, object> {
  readonly #options: CampaignProcessorOptions
  #stores!: CampaignStores
  #campaigns!: IncrementalCampaigns
  #gate!: WorkerGate

  constructor(options: CampaignProcessorOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<object>): void {
    const { genericEvidenceLimit } = this.#options
    this.#stores = openCampaignStores(context)
    const atBatchEnd = (root: ByteString) => context.atBatchEnd(root)
    this.#campaigns = new IncrementalCampaigns(this.#stores, genericEvidenceLimit, atBatchEnd)
    this.#gate = new WorkerGate(CAMPAIGN, context.store(CAMPAIGN_WORKER_STORE.name))
  }

  process(
    { value: message }: Record<IdentityMessage | ControlMessage>,
    context: ProcessorContext<object>,
  ): void {
    if ('control' in message) {
      this.#gate.obey(message.control)
      return
    }
    const { deckiesLeftOut, isNews } = this.#campaigns.apply(message)
    if (deckiesLeftOut > 0) context.count('deckies-left-out', deckiesLeftOut)
    if (isNews) this.#gate.took()
  }

  batchEnd(root: string): void {
    this.#campaigns.computeAnew(root)
  }

  punctuate(timeMs: number, context: ProcessorContext<object>): void {
    if (this.#gate.isPassDue()) this.#announce(timeMs, context)
    const { health } = this.#options
    if (health === null) return
    const heartbeat = this.#gate.heartbeat(timeMs)
    if (heartbeat === null) return
    context.forward({ key: CAMPAIGN, value: heartbeat, timestampMs: timeMs }, health)
  }

  /** Records carry event time as far as the task has seen it, as those of identities do. */
  #announce(timeMs: number, context: ProcessorContext<object>): void {
    const news = announceCampaigns(this.#stores, timeMs / 1000)
    const timestampMs = Math.max(0, context.streamTimeMs)
    const steps = new Steps()
    for (const { key, sink, value } of campaignRecords(news)) {
      steps.try(() => context.forward({ key, value, timestampMs }, CAMPAIGN_SINKS[sink]))
    }
    const { failures } = steps
    if (failures > 0) context.count('steps-failed', failures)
    const { campaignsAdded: groups, identitiesAdded: members, left } = news
    this.#gate.passed(timeMs, { members, groups, failures }, left)
  }
}
