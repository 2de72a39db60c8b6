import type { IdentityNews } from '../../topology/identity/clusterer.ts'
import { connectedComponents } from '../../topology/identity/connected-components.ts'
import type { IdentityFingerprints } from '../../topology/identity/roll-up.ts'
import { MemoryIdentityStore } from '../support/memory-identity-store.ts'
import type { Fault } from '../support/told-faults.ts'
import type { Ticker } from './check-ticks.ts'
import type { IdentityEdit } from './identity-edit.ts'

/** What a pass published, and what is stored after it. */
export interface IdentityTick {
  readonly news: IdentityNews
  readonly links: Iterable<readonly [attacker: string, identity: string | null]>
  readonly identities: Iterable<readonly [identity: string, row: StoredIdentity]>
}

interface StoredIdentity {
  readonly mergedInto: string | null
  /** Null until first rolled up. */
  readonly fingerprints: IdentityFingerprints | null
}

export type IdentityTicker = Ticker<IdentityEdit, IdentityTick>

/** The clusterer alone, over tables in memory. */
export class PlainIdentityTicker implements IdentityTicker {
  readonly #store = new MemoryIdentityStore()

  apply(edit: IdentityEdit): void {
    switch (edit.edit) {
      case 'add_identity':
        this.#store.addIdentity(edit.uuid)
        return
      case 'add_attacker': {
        const { asn, fingerprints, identity_id: identity, uuid } = edit.row
        this.#store.addAttacker({ uuid, asn, fingerprints, identity })
        return
      }
      case 'set_fingerprints':
        this.#store.change(edit.attacker, { fingerprints: edit.fingerprints })
        return
      case 'relink':
        this.#store.change(edit.attacker, { identity: edit.identity })
    }
  }

  pass(faults: readonly Fault[], newIds: readonly string[]): Promise<IdentityTick> {
    this.#store.beginPass(faults, newIds)
    const news = connectedComponents.pass(this.#store)
    const attackers = [...this.#store.attackersByUuid]
    const links = attackers.map(([uuid, { identity }]) => [uuid, identity] as const)
    return Promise.resolve({ news, links, identities: this.#store.identitiesByUuid })
  }
}
