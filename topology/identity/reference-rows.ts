import type { TacticSighting } from '../campaign/decky-visit.ts'
import { jsonRowCodec } from '../clustering/json-row-codec.ts'
import type { KeystrokeCounts } from '../clustering/keystroke-counts.ts'
import { firstPartOf } from '../attribution/store-keys.ts'
import type { KeyValueStore, StoreSpec } from '../store.ts'
import type { SeenFingerprints } from './fingerprints.ts'
import type { IdentityFingerprints } from './roll-up.ts'

/** The tables of the reference policy's clusterer; a pass reads them whole. */
export interface ReferenceStores {
  readonly attackers: KeyValueStore<ReferenceAttacker>
  readonly identities: KeyValueStore<ReferenceIdentity>
  readonly sightings: KeyValueStore<TacticSighting>
}

export interface ReferenceAttacker {
  /** A profile of it came. Who is not known takes no part, whatever else was heard of it. */
  readonly isKnown: boolean
  /** Epoch seconds, as is `lastSeen`. */
  readonly firstSeen: number
  readonly lastSeen: number
  /** The literal link; null: none. */
  readonly identity: string | null
  /** What it is clustered by; null: not known. */
  readonly ja3: string | null
  readonly hassh: string | null
  /** What is rolled up: of a foreign row not the same fingerprints as it is clustered by. */
  readonly seen: SeenFingerprints
  readonly payloadHashes: readonly string[]
  readonly c2Endpoints: readonly string[]
  readonly keystrokes: KeystrokeCounts
}

export interface ReferenceIdentity {
  /** The attacker that it was made for; null: it came from outside. */
  readonly attacker: string | null
  /** Orders identities by creation. */
  readonly created: number
  readonly mergedInto: string | null
  /** Null until first rolled up. */
  readonly fingerprints: IdentityFingerprints | null
  /** JSON of what campaigns were told of it last; null: nothing. */
  readonly told: string | null
}

/** The group that all rows of a table are in. */
export const WHOLE_TABLE = ''

/** attacker */
export const referenceAttackersStore: StoreSpec<ReferenceAttacker> = {
  name: 'reference-attackers',
  codec: jsonRowCodec('reference attacker'),
  groupOf: () => WHOLE_TABLE,
}

/** identity */
export const referenceIdentitiesStore: StoreSpec<ReferenceIdentity> = {
  name: 'reference-identities',
  codec: jsonRowCodec('reference identity'),
  groupOf: () => WHOLE_TABLE,
}

/** anchor, tag */
export const referenceSightingsStore: StoreSpec<TacticSighting> = {
  name: 'reference-sightings',
  codec: jsonRowCodec('reference sighting'),
  groupOf: firstPartOf,
}
