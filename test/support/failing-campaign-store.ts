import type {
  Campaign,
  CampaignIdentity,
  CampaignStore,
} from '../../topology/campaign/campaign-store.ts'
import type { DeckyVisit } from '../../topology/campaign/decky-visit.ts'
import { type Fault, ToldFaults, ToldIds } from './told-faults.ts'

/** Another campaign store, for one pass, whose calls fail and whose ids come as told. */
export class FailingCampaignStore implements CampaignStore {
  readonly #store: CampaignStore
  readonly #faults: ToldFaults
  readonly #ids: ToldIds

  constructor(store: CampaignStore, faults: readonly Fault[], newIds: readonly string[]) {
    this.#store = store
    this.#faults = new ToldFaults(faults)
    this.#ids = new ToldIds(newIds)
  }

  identities(): readonly CampaignIdentity[] {
    this.#faults.mayFail('list_identities')
    return this.#store.identities()
  }

  campaigns(): readonly Campaign[] {
    this.#faults.mayFail('list_campaigns')
    return this.#store.campaigns()
  }

  visits(identity: string): ReadonlyMap<string, DeckyVisit> {
    this.#faults.mayFail('phases', identity)
    return this.#store.visits(identity)
  }

  newCampaign(): string {
    return this.#ids.next()
  }

  create(campaign: string, identities: readonly string[]): void {
    this.#faults.mayFail('create')
    this.#store.create(campaign, identities)
  }

  link(identity: string, campaign: string): void {
    this.#faults.mayFail('link', identity)
    this.#store.link(identity, campaign)
  }

  merge(campaign: string, into: string | null): void {
    this.#faults.mayFail('merge', campaign)
    this.#store.merge(campaign, into)
  }
}
