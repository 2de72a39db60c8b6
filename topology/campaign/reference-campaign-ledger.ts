import { toByteString } from '../../bytes/byte-string.ts'
import { pairKey } from '../attribution/store-keys.ts'
import { isSameRow } from '../clustering/same-row.ts'
import { MergeChains } from '../clustering/merge-chains.ts'
import { campaignMemberCodec } from './campaign-member-codec.ts'
import { type CampaignMember, featuresOfMessage } from './campaign-member.ts'
import type { CampaignRow } from './campaign-row.ts'
import type { CampaignStores } from './campaign-stores.ts'
import type { ReferenceCampaignIdentity } from './reference-campaign-rows.ts'
import type { ReferenceCampaignStore } from './reference-campaign-store.ts'

/** The rows of campaigns that queries read, as the streaming policy keeps them. */
export type ListedCampaigns = Pick<CampaignStores, 'campaigns' | 'identities' | 'members'>

/** After a pass: brings the rows that queries read up to date. */
export class ReferenceCampaignLedger {
  readonly #store: ReferenceCampaignStore
  readonly #listed: ListedCampaigns

  constructor(store: ReferenceCampaignStore, listed: ListedCampaigns) {
    this.#store = store
    this.#listed = listed
  }

  /** @param nowTs epoch seconds */
  book(nowTs: number): void {
    const campaigns = this.#store.campaignRows()
    const chains = new MergeChains(this.#store.campaigns())
    const founders = new Map(campaigns.map(([campaign, { identity }]) => [campaign, identity]))
    const members = new Map<string, ReferenceCampaignIdentity[]>()
    this.#recall(campaigns)
    for (const [identity, row] of this.#store.identityRows()) {
      if (row.campaign === null) continue
      const campaign = chains.endOf(row.campaign)
      this.#listIdentity(identity, row, campaign, founders.get(campaign) ?? identity)
      if (row.message.mergedInto !== null) continue
      members.set(campaign, [...(members.get(campaign) ?? []), row])
    }
    for (const [campaign, { identity, mergedInto }] of campaigns) {
      const own = members.get(campaign) ?? []
      const times = own.map(({ message }) => message.firstSeen)
      this.#listCampaign(campaign, {
        identity,
        mergedInto,
        firstSeen: times.length === 0 ? 0 : Math.min(...times),
        updatedTs: nowTs,
        identities: own.length,
      })
    }
  }

  /** Reads all rows that may change: what memory lacks is one miss, not one a row. */
  #recall(campaigns: readonly (readonly [campaign: string, row: unknown])[]): void {
    const identities = this.#store.identityRows()
    this.#listed.identities.getAll(identities.map(([identity]) => toByteString(identity)))
    this.#listed.campaigns.getAll(campaigns.map(([campaign]) => toByteString(campaign)))
  }

  /** @param founder the identity that the campaign was made for */
  #listIdentity(
    identityText: string,
    { message }: ReferenceCampaignIdentity,
    campaign: string,
    founder: string,
  ): void {
    const { identities, members } = this.#listed
    const { firstSeen, mergedInto } = message
    const identity = toByteString(identityText)
    const old = identities.get(identity)
    const row: CampaignMember = {
      firstSeen,
      mergedInto: mergedInto === null ? null : toByteString(mergedInto),
      root: toByteString(founder),
      campaign,
      isStale: false,
      features: featuresOfMessage(message),
    }
    if (isSameRow(campaignMemberCodec, old, row)) return
    if (old !== undefined) members.delete(pairKey(toByteString(old.campaign), identity))
    if (mergedInto === null) {
      members.put(pairKey(toByteString(campaign), identity), { firstSeen })
    }
    identities.put(identity, row)
  }

  #listCampaign(campaign: string, row: CampaignRow): void {
    const key = toByteString(campaign)
    const old = this.#listed.campaigns.get(key)
    const isSame =
      old?.mergedInto === row.mergedInto &&
      old.firstSeen === row.firstSeen &&
      old.identities === row.identities
    if (!isSame) this.#listed.campaigns.put(key, row)
  }
}
