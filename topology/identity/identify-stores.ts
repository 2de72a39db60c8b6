import { type ByteString, fromByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import { readByteString, writeByteString } from '../attribution/codecs/byte-string-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import { firstPartOf } from '../attribution/store-keys.ts'
import type { KeyValueStore, StoreSpec } from '../store.ts'
import { evidenceOfRowKey, pendingGroupOf } from './cluster-keys.ts'
import { type ClusterMember, clusterMemberCodec } from './cluster-member.ts'
import { namesClient } from './evidence.ts'
import { type EvidenceHead, evidenceHeadCodec } from './evidence-head.ts'
import { type Presence, presenceCodec } from '../clustering/presence.ts'

/** Stores of the incremental clusterer. */
export interface IdentifyStores {
  readonly attackers: KeyValueStore<ClusterMember>
  readonly evidence: KeyValueStore<EvidenceHead>
  readonly postings: KeyValueStore<Presence>
  readonly components: KeyValueStore<number>
  readonly pending: KeyValueStore<ByteString>
}

const VERSION = 1

const sizeCodec: Codec<number> = {
  encode(size, into) {
    into.u8(VERSION)
    into.varint(size)
  },
  decode(from) {
    checkVersion(from, 'component', VERSION)
    return from.varint()
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
  toJson: (key, { classes, holders, isGeneric }) => {
    const told = { holders, generic: isGeneric }
    if (namesClient(evidenceOfRowKey(key))) return told
    const [unknown, ja3, hassh, both] = classes.map(({ count }) => count)
    return { ...told, holders_by_client: { unknown, ja3, hassh, both } }
  },
}

/** kind and value, holder: a key a holder, so that a hub's row never grows */
export const identityPostingsStore: StoreSpec<Presence> = {
  name: 'identity-postings',
  codec: presenceCodec,
  groupOf: firstPartOf,
}

/** root, member: a key a member; the root's own says how many there are, the others 0 */
export const identityComponentsStore: StoreSpec<number> = {
  name: 'identity-components',
  codec: sizeCodec,
  groupOf: firstPartOf,
}

/**
 * What the next announcement must look at: `pa` and an attacker → the root announced before (empty:
 * none); `pe` and a value's key → whether it was announced as generic (`1`; empty: not); `pt` and
 * an attacker of which something changed, unless it is new.
 */
export const identityPendingStore: StoreSpec<ByteString> = {
  name: 'identity-pending',
  codec: announcedCodec,
  groupOf: pendingGroupOf,
  toJson: (_key, announced) => fromByteString(announced),
}
