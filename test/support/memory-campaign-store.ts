import type {
  Campaign,
  CampaignIdentity,
  CampaignStore,
} from '../../topology/campaign/campaign-store.ts'
import {
  type DeckyVisit,
  type TacticSighting,
  visitsOf,
} from '../../topology/campaign/decky-visit.ts'
import { type Fault, ToldFaults, ToldIds } from './told-faults.ts'

/** A campaign store in memory whose calls fail on demand. */
export class MemoryCampaignStore implements CampaignStore {
  readonly identitiesByUuid = new Map<string, CampaignIdentity>()
  readonly campaignsByUuid = new Map<string, Campaign>()
  readonly #sightings = new Map<string, readonly TacticSighting[]>()
  #faults = new ToldFaults()
  #newIds = new ToldIds()

  beginPass(faults: readonly Fault[], newIds: readonly string[]): void {
    this.#faults = new ToldFaults(faults)
    this.#newIds = new ToldIds(newIds)
  }

  setIdentity(identity: CampaignIdentity, sightings: readonly TacticSighting[]): void {
    this.identitiesByUuid.set(identity.uuid, identity)
    this.#sightings.set(identity.uuid, sightings)
  }

  identities(): readonly CampaignIdentity[] {
    this.#faults.mayFail('list_identities')
    return [...this.identitiesByUuid.values()]
  }

  campaigns(): readonly Campaign[] {
    this.#faults.mayFail('list_campaigns')
    return [...this.campaignsByUuid.values()]
  }

  visits(identity: string): ReadonlyMap<string, DeckyVisit> {
    this.#faults.mayFail('phases', identity)
    return visitsOf(this.#sightings.get(identity) ?? [])
  }

  newCampaign(): string {
    return this.#newIds.next()
  }

  create(campaign: string): void {
    this.#faults.mayFail('create')
    this.campaignsByUuid.set(campaign, { uuid: campaign, mergedInto: null })
  }

  link(identity: string, campaign: string): void {
    this.#faults.mayFail('link', identity)
    const row = this.identitiesByUuid.get(identity)!
    this.identitiesByUuid.set(identity, { ...row, campaign })
  }

  merge(campaign: string, into: string | null): void {
    this.#faults.mayFail('merge', campaign)
    this.campaignsByUuid.set(campaign, { uuid: campaign, mergedInto: into })
  }
}
