import { type ByteString, fromByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import { readByteString, writeByteString } from '../attribution/codecs/byte-string-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import { firstPartOf } from '../attribution/store-keys.ts'
import type { KeyValueStore, StoreSpec } from '../store.ts'
import { pendingGroupOf } from './cluster-keys.ts'
import { type ClusterMember, clusterMemberCodec } from './cluster-member.ts'
import { type EvidenceHead, evidenceHeadCodec } from './evidence-head.ts'

/** Stores of the incremental clusterer. */
export interface IdentifyStores {
  readonly attackers: KeyValueStore<ClusterMember>
  readonly evidence: KeyValueStore<EvidenceHead>
  readonly postings: KeyValueStore<Presence>
  readonly components: KeyValueStore<Presence>
  readonly pending: KeyValueStore<ByteString>
}

/** The value of a row whose key says all. */
export type Presence = true

const VERSION = 1

const presenceCodec: Codec<Presence> = {
  encode(_value, into) {
    into.u8(VERSION)
  },
  decode(from) {
    checkVersion(from, 'presence', VERSION)
    return true
  },
}

const announcedCodec: Codec<ByteString> = {
  encode(announced, into) {
    into.u8(VERSION)
    writeByteString(into, announced)
  },
  decode(from) {
    checkVersion(from, 'pending announcement', VERSION)
    return readByteString(from)
  },
}

/** attacker */
export const identityAttackersStore: StoreSpec<ClusterMember> = {
  name: 'identity-attackers',
  codec: clusterMemberCodec,
  toJson: (key, member) => ({
    attacker_uuid: fromByteString(key),
    root_attacker_uuid: fromByteString(member.root),
    first_seen: member.firstSeen,
    ja3: member.ja3,
    hassh: member.hassh,
    payload_hashes: [...member.payloadHashes],
    c2_endpoints: [...member.c2Endpoints],
  }),
}

/** kind and value */
export const identityEvidenceStore: StoreSpec<EvidenceHead> = {
  name: 'identity-evidence',
  codec: evidenceHeadCodec,
  toJson: (_key, { holders, isGeneric }) => ({ holders, generic: isGeneric }),
}

/** kind and value, holder: a key a holder, so that a hub's row never grows */
export const identityPostingsStore: StoreSpec<Presence> = {
  name: 'identity-postings',
  codec: presenceCodec,
  groupOf: firstPartOf,
}

/** root, member: a key a member */
export const identityComponentsStore: StoreSpec<Presence> = {
  name: 'identity-components',
  codec: presenceCodec,
  groupOf: firstPartOf,
}

/**
 * What the next announcement must tell: `a` and an attacker → the root announced before (empty:
 * none); `e` and a value's key → whether it was announced as generic (`1`; empty: not).
 */
export const identityPendingStore: StoreSpec<ByteString> = {
  name: 'identity-pending',
  codec: announcedCodec,
  groupOf: pendingGroupOf,
  toJson: (_key, announced) => fromByteString(announced),
}
