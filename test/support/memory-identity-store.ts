import { NO_KEYSTROKES } from '../../topology/clustering/keystroke-counts.ts'
import type { IdentityStore, LinkedAttacker } from '../../topology/identity/clusterer.ts'
import { type AttackerRow, featuresOfRow } from '../../topology/identity/features.ts'
import { fingerprintEntries, seenByType } from '../../topology/identity/fingerprints.ts'
import type { IdentityFingerprints } from '../../topology/identity/roll-up.ts'

export interface StoredAttacker extends AttackerRow {
  readonly identity: string | null
}

export interface StoredIdentity {
  readonly uuid: string
  readonly mergedInto: string | null
  /** Null until first rolled up. */
  readonly fingerprints: IdentityFingerprints | null
}

/** A call and its key; `*`: any key. */
export type Fault = readonly [call: string, key: string]

/** An identity store in memory whose calls fail when told. */
export class MemoryIdentityStore implements IdentityStore {
  readonly attackersByUuid = new Map<string, StoredAttacker>()
  readonly identitiesByUuid = new Map<string, StoredIdentity>()
  /** Calls that failed. */
  failed = 0
  #faults: readonly Fault[] = []
  #newIds: string[] = []

  /** Faults hold for one pass; ids are taken in order. */
  beginPass(faults: readonly Fault[], newIds: readonly string[]): void {
    this.#faults = faults
    this.#newIds = [...newIds]
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
    this.#mayFail('list_attackers')
    return [...this.attackersByUuid.values()].map((row) => ({
      uuid: row.uuid,
      identity: row.identity,
      features: featuresOfRow(row),
      seen: seenByType(fingerprintEntries(row.fingerprints)),
      keystrokes: NO_KEYSTROKES,
    }))
  }

  identities(): StoredIdentity[] {
    this.#mayFail('list_identities')
    return [...this.identitiesByUuid.values()]
  }

  newIdentity(): string {
    const uuid = this.#newIds.shift()
    if (uuid === undefined) throw new RangeError('more identities were formed than foreseen')
    return uuid
  }

  create(identity: string): void {
    this.#mayFail('create')
    this.addIdentity(identity)
  }

  link(attacker: string, identity: string): void {
    this.#mayFail('link', attacker)
    this.change(attacker, { identity })
  }

  merge(uuid: string, mergedInto: string | null): void {
    this.#mayFail('merge', uuid)
    const identity = this.identitiesByUuid.get(uuid)
    if (identity !== undefined) this.identitiesByUuid.set(uuid, { ...identity, mergedInto })
  }

  rollUp(uuid: string, fingerprints: IdentityFingerprints): void {
    const identity = this.identitiesByUuid.get(uuid)
    if (identity !== undefined) this.identitiesByUuid.set(uuid, { ...identity, fingerprints })
  }

  #mayFail(call: string, key = ''): void {
    const isMeant = ([fault, faultKey]: Fault): boolean =>
      fault === call && (faultKey === '*' || faultKey === key)
    if (!this.#faults.some(isMeant)) return
    this.failed++
    throw new Error(`${call} ${key} fails as told`)
  }
}
