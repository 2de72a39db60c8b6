import type { PostingHead } from '../../../topology/clustering/posting-head.ts'
import type { Presence } from '../../../topology/clustering/presence.ts'
import type { CampaignMember } from '../../../topology/campaign/campaign-member.ts'
import type { CampaignRow } from '../../../topology/campaign/campaign-row.ts'
import type { Standing } from '../../../topology/campaign/campaign-standing.ts'
import {
  campaignIdentitiesStore,
  campaignMembersStore,
  campaignPendingStore,
  campaignPostingsStore,
  campaignsStore,
  campaignTiesStore,
  type Membership,
} from '../../../topology/campaign/campaign-stores.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { IncrementalCampaigns } from '../../../topology/campaign/incremental-campaigns.ts'
import { MemoryStore } from '../../support/memory-store.ts'

export interface MemoryCampaignStores {
  readonly identities: MemoryStore<CampaignMember>
  readonly heads: MemoryStore<PostingHead>
  readonly postings: MemoryStore<Presence>
  readonly members: MemoryStore<Membership>
  readonly pending: MemoryStore<Standing>
  readonly campaigns: MemoryStore<CampaignRow>
}

/** The incremental form over stores in memory. */
export class CampaignsInMemory {
  readonly stores: MemoryCampaignStores = {
    identities: new MemoryStore(campaignIdentitiesStore),
    heads: new MemoryStore(campaignTiesStore),
    postings: new MemoryStore(campaignPostingsStore),
    members: new MemoryStore(campaignMembersStore),
    pending: new MemoryStore(campaignPendingStore),
    campaigns: new MemoryStore(campaignsStore),
  }
  readonly #asked = new Set<string>()
  #campaigns: IncrementalCampaigns

  constructor(genericLimit: number) {
    this.#campaigns = this.#withLimit(genericLimit)
  }

  /** As a restart with another limit. */
  restart(genericLimit: number): void {
    this.#campaigns = this.#withLimit(genericLimit)
  }

  /** Takes messages as one batch. */
  apply(...messages: readonly IdentityMessage[]): this {
    for (const message of messages) this.#campaigns.apply(message)
    for (const root of [...this.#asked].sort()) this.#campaigns.computeAnew(root)
    this.#asked.clear()
    return this
  }

  /** By identity, of those that are not merged out. */
  roots(): Record<string, string> {
    const rows = this.stores.identities.entries().filter(([, row]) => row.mergedInto === null)
    return Object.fromEntries(rows.map(([identity, { root }]) => [identity, root]))
  }

  #withLimit(genericLimit: number): IncrementalCampaigns {
    return new IncrementalCampaigns(this.stores, genericLimit, (root) => {
      this.#asked.add(root)
    })
  }
}
