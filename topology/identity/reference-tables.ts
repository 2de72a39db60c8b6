import { toByteString } from '../../bytes/byte-string.ts'
import type { AttackerProfile } from '../../schemas/records.ts'
import { pairKey } from '../attribution/store-keys.ts'
import { stubIdentity } from '../attribution/stub-identity.ts'
import { NO_KEYSTROKES } from '../clustering/keystroke-counts.ts'
import { featuresOfRow } from './features.ts'
import { fingerprintEntries, seenByKind, seenByType } from './fingerprints.ts'
import { ReferenceIdentityStore } from './reference-identity-store.ts'
import type { AttackerEdit, ReferenceInput } from './reference-input.ts'
import type { ReferenceAttacker, ReferenceStores } from './reference-rows.ts'

const UNKNOWN: ReferenceAttacker = {
  isKnown: false,
  firstSeen: 0,
  lastSeen: 0,
  identity: null,
  ja3: null,
  hassh: null,
  seen: { ja3: [], hassh: [], tlsCertSha256: [] },
  payloadHashes: [],
  c2Endpoints: [],
  keystrokes: NO_KEYSTROKES,
}

/** Puts what the clusterer is told into its tables. */
export class ReferenceTables {
  readonly #stores: ReferenceStores
  readonly #identities: ReferenceIdentityStore

  constructor(stores: ReferenceStores) {
    this.#stores = stores
    this.#identities = new ReferenceIdentityStore(stores)
  }

  take(input: ReferenceInput): void {
    switch (input.type) {
      case 'seen':
        this.#see(input.attacker, input.firstSeen)
        return
      case 'profile':
        this.#profile(input.profile)
        return
      case 'keystrokes':
        this.#change(input.attacker, { keystrokes: input.keystrokes })
        return
      case 'sighting': {
        const { created_ts, decky_id, tactic, tag_uuid } = input.sighting
        const key = pairKey(toByteString(input.anchor), toByteString(tag_uuid))
        this.#stores.sightings.put(key, { deckyId: decky_id, tactic, createdTs: created_ts })
        return
      }
      case 'attacker-row':
        this.#edit(input)
        return
      case 'identity-row':
        this.#identities.create(input.identity)
    }
  }

  /** The attacker was observed, so attribution linked it to its stub, unless a pass had linked it. */
  #see(attacker: string, firstSeen: number): void {
    const { identity } = this.#attacker(attacker)
    if (identity !== null) {
      this.#change(attacker, { isKnown: true, firstSeen })
      return
    }
    const stub = stubIdentity(attacker)
    if (this.#stores.identities.get(toByteString(stub)) === undefined) {
      this.#identities.create(stub, [attacker])
    }
    this.#change(attacker, { isKnown: true, firstSeen, identity: stub })
  }

  #profile(profile: AttackerProfile): void {
    const { asn, attacker_uuid: uuid, fingerprints } = profile
    const { hassh, ja3 } = featuresOfRow({ uuid, asn, fingerprints })
    this.#change(uuid, {
      isKnown: true,
      firstSeen: profile.first_seen,
      lastSeen: profile.last_seen,
      ja3,
      hassh,
      seen: seenByKind(fingerprintEntries(fingerprints)),
      payloadHashes: profile.payload_hashes,
      c2Endpoints: profile.c2_endpoints,
    })
  }

  #edit({ attacker: uuid, fingerprints, firstSeen, identity }: AttackerEdit): void {
    this.#change(uuid, {
      isKnown: true,
      ...(firstSeen === undefined ? {} : { firstSeen }),
      ...(identity === undefined ? {} : { identity }),
    })
    if (fingerprints === undefined) return
    const { hassh, ja3 } = featuresOfRow({ uuid, asn: null, fingerprints })
    this.#change(uuid, { ja3, hassh, seen: seenByType(fingerprintEntries(fingerprints)) })
  }

  #attacker(uuid: string): ReferenceAttacker {
    return this.#stores.attackers.get(toByteString(uuid)) ?? UNKNOWN
  }

  #change(uuid: string, changes: Partial<ReferenceAttacker>): void {
    this.#stores.attackers.put(toByteString(uuid), { ...this.#attacker(uuid), ...changes })
  }
}
