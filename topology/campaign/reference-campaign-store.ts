import { fromByteString, toByteString } from '../../bytes/byte-string.ts'
import { campaignOf } from './campaign-id.ts'
import type { Campaign, CampaignIdentity, CampaignStore } from './campaign-store.ts'
import type { DeckyVisit } from './decky-visit.ts'
import type { IdentityMessage } from './identity-message.ts'
import {
  type ReferenceCampaign,
  type ReferenceCampaignIdentity,
  type ReferenceCampaignStores,
  WHOLE_TABLE,
} from './reference-campaign-rows.ts'

/** The clusterer's tables over key-value stores. */
export class ReferenceCampaignStore implements CampaignStore {
  readonly #stores: ReferenceCampaignStores

  constructor(stores: ReferenceCampaignStores) {
    this.#stores = stores
  }

  /** What is told of an identity replaces what was; its campaign stays. */
  put(message: IdentityMessage): void {
    const key = toByteString(message.identity)
    const known = this.#stores.identities.get(key)
    const created = known?.created ?? nextOf(this.identityRows())
    const campaign = known?.campaign ?? null
    this.#stores.identities.put(key, { created, campaign, message })
  }

  identities(): CampaignIdentity[] {
    return this.identityRows().map(([uuid, { campaign, message }]) => ({
      uuid,
      campaign,
      mergedInto: message.mergedInto,
      payloadHashes: message.payloadHashes,
      c2Endpoints: message.c2Endpoints,
      keystrokeCentroid: message.keystrokeCentroid,
    }))
  }

  campaigns(): Campaign[] {
    return this.campaignRows().map(([uuid, { mergedInto }]) => ({ uuid, mergedInto }))
  }

  visits(identity: string): ReadonlyMap<string, DeckyVisit> {
    return new Map(this.#stores.identities.get(toByteString(identity))?.message.visits)
  }

  /** That of its first identity, so that it follows from what is stored. */
  newCampaign(identities: readonly string[]): string {
    return campaignOf(identities[0]!)
  }

  create(campaign: string, identities: readonly string[]): void {
    const created = nextOf(this.campaignRows())
    const row = { identity: identities[0]!, created, mergedInto: null }
    this.#stores.campaigns.put(toByteString(campaign), row)
  }

  link(identity: string, campaign: string): void {
    const key = toByteString(identity)
    const row = this.#stores.identities.get(key)
    if (row !== undefined) this.#stores.identities.put(key, { ...row, campaign })
  }

  merge(campaign: string, mergedInto: string | null): void {
    const key = toByteString(campaign)
    const row = this.#stores.campaigns.get(key)
    if (row !== undefined) this.#stores.campaigns.put(key, { ...row, mergedInto })
  }

  /** By creation. */
  identityRows(): [identity: string, row: ReferenceCampaignIdentity][] {
    return byCreation(this.#stores.identities.group(WHOLE_TABLE))
  }

  /** By creation. */
  campaignRows(): [campaign: string, row: ReferenceCampaign][] {
    return byCreation(this.#stores.campaigns.group(WHOLE_TABLE))
  }
}

interface Created {
  readonly created: number
}

function byCreation<R extends Created>(rows: readonly (readonly [string, R])[]): [string, R][] {
  return rows
    .map(([key, row]): [string, R] => [fromByteString(key), row])
    .sort(([, a], [, b]) => a.created - b.created)
}

function nextOf(rows: readonly (readonly [string, Created])[]): number {
  return (rows.at(-1)?.[1].created ?? 0) + 1
}
