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
import type { Fault } from './memory-identity-store.ts'

/** A campaign store in memory whose calls fail on demand. */
export class MemoryCampaignStore implements CampaignStore {
  readonly identitiesByUuid = new Map<string, CampaignIdentity>()
  readonly campaignsByUuid = new Map<string, Campaign>()
  readonly #sightings = new Map<string, readonly TacticSighting[]>()
  #faults: readonly Fault[] = []
  #newIds: string[] = []

  beginPass(faults: readonly Fault[], newIds: readonly string[]): void {
    this.#faults = faults
    this.#newIds = [...newIds]
  }

  setIdentity(identity: CampaignIdentity, sightings: readonly TacticSighting[]): void {
    this.identitiesByUuid.set(identity.uuid, identity)
    this.#sightings.set(identity.uuid, sightings)
  }

  identities(): readonly CampaignIdentity[] {
    this.#mayFail('list_identities')
    return [...this.identitiesByUuid.values()]
  }

  campaigns(): readonly Campaign[] {
    this.#mayFail('list_campaigns')
    return [...this.campaignsByUuid.values()]
  }

  visits(identity: string): ReadonlyMap<string, DeckyVisit> {
    this.#mayFail('phases', identity)
    return visitsOf(this.#sightings.get(identity) ?? [])
  }

  newCampaign(): string {
    const uuid = this.#newIds.shift()
    if (uuid === undefined) throw new RangeError('more campaigns were formed than foreseen')
    return uuid
  }

  create(campaign: string): void {
    this.#mayFail('create')
    this.campaignsByUuid.set(campaign, { uuid: campaign, mergedInto: null })
  }

  link(identity: string, campaign: string): void {
    this.#mayFail('link', identity)
    const row = this.identitiesByUuid.get(identity)!
    this.identitiesByUuid.set(identity, { ...row, campaign })
  }

  merge(campaign: string, into: string | null): void {
    this.#mayFail('merge', campaign)
    this.campaignsByUuid.set(campaign, { uuid: campaign, mergedInto: into })
  }

  #mayFail(call: string, key = ''): void {
    const isFaulty = this.#faults.some(
      ([faulty, faultyKey]) => faulty === call && (faultyKey === '*' || faultyKey === key),
    )
    if (isFaulty) throw new Error(`${call} ${key} fails on demand`)
  }
}
