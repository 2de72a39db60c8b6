import type { IdentityStore, LinkedAttacker } from '../../topology/identity/clusterer.ts'
import type { Mergeable } from '../../topology/clustering/merge-chains.ts'
import type { IdentityFingerprints } from '../../topology/identity/roll-up.ts'
import { type Fault, ToldFaults, ToldIds } from './told-faults.ts'

/** Another identity store, for one pass, whose calls fail and whose ids come as told. */
export class FailingIdentityStore implements IdentityStore {
  readonly #store: IdentityStore
  readonly #faults: ToldFaults
  readonly #ids: ToldIds

  constructor(store: IdentityStore, faults: readonly Fault[], newIds: readonly string[]) {
    this.#store = store
    this.#faults = new ToldFaults(faults)
    this.#ids = new ToldIds(newIds)
  }

  attackers(): readonly LinkedAttacker[] {
    this.#faults.mayFail('list_attackers')
    return this.#store.attackers()
  }

  identities(): readonly Mergeable[] {
    this.#faults.mayFail('list_identities')
    return this.#store.identities()
  }

  newIdentity(): string {
    return this.#ids.next()
  }

  create(identity: string, attackers: readonly string[]): void {
    this.#faults.mayFail('create')
    this.#store.create(identity, attackers)
  }

  link(attacker: string, identity: string): void {
    this.#faults.mayFail('link', attacker)
    this.#store.link(attacker, identity)
  }

  merge(identity: string, into: string | null): void {
    this.#faults.mayFail('merge', identity)
    this.#store.merge(identity, into)
  }

  rollUp(identity: string, fingerprints: IdentityFingerprints): void {
    this.#store.rollUp(identity, fingerprints)
  }
}
