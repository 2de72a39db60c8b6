import { fromByteString, toByteString } from '../../bytes/byte-string.ts'
import { stubIdentity } from '../attribution/stub-identity.ts'
import type { Mergeable } from '../clustering/merge-chains.ts'
import type { IdentityStore, LinkedAttacker } from './clusterer.ts'
import {
  type ReferenceAttacker,
  type ReferenceIdentity,
  type ReferenceStores,
  WHOLE_TABLE,
} from './reference-rows.ts'
import type { IdentityFingerprints } from './roll-up.ts'

const NOTHING: ReadonlySet<string> = new Set<string>()

/** The clusterer's tables over key-value stores: fingerprints alone are clustered by. */
export class ReferenceIdentityStore implements IdentityStore {
  readonly #stores: ReferenceStores

  constructor(stores: ReferenceStores) {
    this.#stores = stores
  }

  attackers(): LinkedAttacker[] {
    return this.attackerRows().map(([uuid, { hassh, identity, ja3, keystrokes, seen }]) => ({
      uuid,
      identity,
      features: { ja3, hassh, payloadHashes: NOTHING, c2Endpoints: NOTHING },
      seen,
      keystrokes,
    }))
  }

  identities(): Mergeable[] {
    return this.identityRows().map(([uuid, { mergedInto }]) => ({ uuid, mergedInto }))
  }

  /**
   * That of its first attacker: it follows from what is stored, and is the one that attribution
   * would make for that attacker.
   */
  newIdentity(attackers: readonly string[]): string {
    return stubIdentity(attackers[0]!)
  }

  create(identity: string, attackers: readonly string[] = []): void {
    const created = 1 + Math.max(0, ...this.identityRows().map(([, row]) => row.created))
    const attacker = attackers[0] ?? null
    const row = { attacker, created, mergedInto: null, fingerprints: null, told: null }
    this.#stores.identities.put(toByteString(identity), row)
  }

  link(attacker: string, identity: string): void {
    const key = toByteString(attacker)
    const row = this.#stores.attackers.get(key)
    if (row !== undefined) this.#stores.attackers.put(key, { ...row, identity })
  }

  merge(identity: string, mergedInto: string | null): void {
    this.#change(identity, { mergedInto })
  }

  /** A pass rolls everything up; what has not changed is not written again. */
  rollUp(identity: string, fingerprints: IdentityFingerprints): void {
    const known = this.#stores.identities.get(toByteString(identity))?.fingerprints
    if (JSON.stringify(known) !== JSON.stringify(fingerprints)) {
      this.#change(identity, { fingerprints })
    }
  }

  /** Those that are known, by first_seen, and then by id. */
  attackerRows(): [attacker: string, row: ReferenceAttacker][] {
    return this.#stores.attackers
      .group(WHOLE_TABLE)
      .filter(([, row]) => row.isKnown)
      .map(([key, row]): [string, ReferenceAttacker] => [fromByteString(key), row])
      .sort(([, a], [, b]) => a.firstSeen - b.firstSeen)
  }

  /** By creation. */
  identityRows(): [identity: string, row: ReferenceIdentity][] {
    return this.#stores.identities
      .group(WHOLE_TABLE)
      .map(([key, row]): [string, ReferenceIdentity] => [fromByteString(key), row])
      .sort(([, a], [, b]) => a.created - b.created)
  }

  #change(identity: string, changes: Partial<ReferenceIdentity>): void {
    const key = toByteString(identity)
    const row = this.#stores.identities.get(key)
    if (row !== undefined) this.#stores.identities.put(key, { ...row, ...changes })
  }
}
