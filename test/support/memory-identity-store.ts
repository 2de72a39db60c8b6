import { NO_KEYSTROKES } from '../../topology/clustering/keystroke-counts.ts'
import type { IdentityStore, LinkedAttacker } from '../../topology/identity/clusterer.ts'
import { type AttackerRow, featuresOfRow } from '../../topology/identity/features.ts'
import { fingerprintEntries, seenByType } from '../../topology/identity/fingerprints.ts'
import type { IdentityFingerprints } from '../../topology/identity/roll-up.ts'
import { type Fault, ToldFaults, ToldIds } from './told-faults.ts'

export interface StoredAttacker extends AttackerRow {
  readonly identity: string | null
}

export interface StoredIdentity {
  readonly uuid: string
  readonly mergedInto: string | null
  /** Null until first rolled up. */
  readonly fingerprints: IdentityFingerprints | null
}

/** An identity store in memory whose calls fail when told. */
export class MemoryIdentityStore implements IdentityStore {
  readonly attackersByUuid = new Map<string, StoredAttacker>()
  readonly identitiesByUuid = new Map<string, StoredIdentity>()
  #faults = new ToldFaults()
  #newIds = new ToldIds()

  /** Calls of the pass that failed. */
  get failed(): number {
    return this.#faults.failed
  }

  /** Faults hold for one pass; ids are taken in order. */
  beginPass(faults: readonly Fault[], newIds: readonly string[]): void {
    this.#faults = new ToldFaults(faults)
    this.#newIds = new ToldIds(newIds)
  }

  addIdentity(uuid: string, mergedInto: string | null = null): void {
    this.identitiesByUuid.set(uuid, { uuid, mergedInto, fingerprints: null })
  }

  addAttacker(attacker: StoredAttacker): void {
    this.attackersByUuid.set(attacker.uuid, attacker)
  }

  change(uuid: string, changes: Partial<StoredAttacker>): void {
    const attacker = this.attackersByUuid.get(uuid)
    if (attacker !== undefined) this.attackersByUuid.set(uuid, { ...attacker, ...changes })
  }

  attackers(): LinkedAttacker[] {
    this.#faults.mayFail('list_attackers')
    return [...this.attackersByUuid.values()].map((row) => ({
      uuid: row.uuid,
      identity: row.identity,
      features: featuresOfRow(row),
      seen: seenByType(fingerprintEntries(row.fingerprints)),
      keystrokes: NO_KEYSTROKES,
    }))
  }

  identities(): StoredIdentity[] {
    this.#faults.mayFail('list_identities')
    return [...this.identitiesByUuid.values()]
  }

  newIdentity(): string {
    return this.#newIds.next()
  }

  create(identity: string): void {
    this.#faults.mayFail('create')
    this.addIdentity(identity)
  }

  link(attacker: string, identity: string): void {
    this.#faults.mayFail('link', attacker)
    this.change(attacker, { identity })
  }

  merge(uuid: string, mergedInto: string | null): void {
    this.#faults.mayFail('merge', uuid)
    const identity = this.identitiesByUuid.get(uuid)
    if (identity !== undefined) this.identitiesByUuid.set(uuid, { ...identity, mergedInto })
  }

  rollUp(uuid: string, fingerprints: IdentityFingerprints): void {
    const identity = this.identitiesByUuid.get(uuid)
    if (identity !== undefined) this.identitiesByUuid.set(uuid, { ...identity, fingerprints })
  }
}
