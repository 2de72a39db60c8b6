import { fromByteString } from '../../bytes/byte-string.ts'
import { firstPartOf } from '../attribution/store-keys.ts'
import { keystrokeCountsCodec } from '../clustering/keystroke-counts-codec.ts'
import { centroidOf, type KeystrokeCounts } from '../clustering/keystroke-counts.ts'
import type { KeyValueStore, StoreSpec } from '../store.ts'
import { type AnchorVisit, anchorVisitCodec } from './anchor-visit.ts'
import {
  type IdentifyStores,
  identityAttackersStore,
  identityComponentsStore,
  identityEvidenceStore,
  identityPendingStore,
  identityPostingsStore,
} from './identify-stores.ts'
import { type IdentityEvent, identityEventCodec } from './identity-event.ts'
import { type IdentityRow, identityRowCodec } from './identity-row.ts'
import { type Presence, presenceCodec } from '../clustering/presence.ts'
import { profileRowCodec } from './profile-row-codec.ts'
import type { ProfileRow } from './profile-row.ts'

/** Stores of the `identify` processor: those of its clusterer, and what identities are told by. */
export interface IdentityStores extends IdentifyStores {
  readonly profiles: KeyValueStore<ProfileRow>
  readonly keystrokes: KeyValueStore<KeystrokeCounts>
  readonly visits: KeyValueStore<AnchorVisit>
  readonly anchors: KeyValueStore<Presence>
  readonly identities: KeyValueStore<IdentityRow>
  readonly history: KeyValueStore<IdentityEvent>
}

/** attacker */
export const identityProfilesStore: StoreSpec<ProfileRow> = {
  name: 'identity-profiles',
  codec: profileRowCodec,
  toJson: (_key, row) => ({
    last_seen: row.lastSeen,
    asn: row.asn,
    ja3: row.ja3,
    hassh: row.hassh,
    tls_cert_sha256: row.tlsCertSha256,
    credentials: row.credentials,
    commands: row.commands,
  }),
}

/** attacker */
export const identityKeystrokesStore: StoreSpec<KeystrokeCounts> = {
  name: 'identity-keystrokes',
  codec: keystrokeCountsCodec,
  toJson: (_key, counts) => ({ total: counts.total, centroid: centroidOf(counts) }),
}

/** anchor, decky */
export const identityVisitsStore: StoreSpec<AnchorVisit> = {
  name: 'identity-visits',
  codec: anchorVisitCodec,
  groupOf: firstPartOf,
  toJson: (_key, { first, last }) => ({
    first_phase: first.phase,
    first_ts: first.ts,
    last_phase: last.phase,
    last_ts: last.ts,
  }),
}

/** anchor; who has visits at all, so that for the others no range is read */
export const identityAnchorsStore: StoreSpec<Presence> = {
  name: 'identity-anchors',
  codec: presenceCodec,
}

/** identity */
export const identitiesStore: StoreSpec<IdentityRow> = {
  name: 'identities',
  codec: identityRowCodec,
  toJson: (key, row) => ({
    identity_uuid: fromByteString(key),
    attacker_uuid: row.attacker,
    merged_into_uuid: row.mergedInto,
    first_seen: row.firstSeen,
    updated_ts: row.updatedTs,
    attackers: row.attackers,
    ja3_hashes: row.ja3Hashes,
    hassh_hashes: row.hasshHashes,
    tls_cert_sha256: row.tlsCertSha256,
    payload_hashes: row.payloadHashes,
    c2_endpoints: row.c2Endpoints,
    keystroke_centroid: row.keystrokeCentroid,
  }),
}

/** identity, number of the event: the newest of each */
export const identityHistoryStore: StoreSpec<IdentityEvent> = {
  name: 'identity-history',
  codec: identityEventCodec,
  groupOf: firstPartOf,
  toJson: (_key, { atMs, other, type }) => ({ type, other, at_ms: atMs }),
}

/** Of the streaming policy. */
export const IDENTITY_STORES: readonly StoreSpec<unknown>[] = [
  identityAttackersStore,
  identityEvidenceStore,
  identityPostingsStore,
  identityComponentsStore,
  identityPendingStore,
  identityProfilesStore,
  identityKeystrokesStore,
  identityVisitsStore,
  identityAnchorsStore,
  identitiesStore,
  identityHistoryStore,
]

export function openIdentityStores(store: <V>(name: string) => KeyValueStore<V>): IdentityStores {
  return {
    attackers: store(identityAttackersStore.name),
    evidence: store(identityEvidenceStore.name),
    postings: store(identityPostingsStore.name),
    components: store(identityComponentsStore.name),
    pending: store(identityPendingStore.name),
    profiles: store(identityProfilesStore.name),
    keystrokes: store(identityKeystrokesStore.name),
    visits: store(identityVisitsStore.name),
    anchors: store(identityAnchorsStore.name),
    identities: store(identitiesStore.name),
    history: store(identityHistoryStore.name),
  }
}
