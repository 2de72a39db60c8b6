import { type ByteString, fromByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import { firstPartOf } from '../attribution/store-keys.ts'
import { type PostingHead, postingHeadCodec } from '../clustering/posting-head.ts'
import { type Presence, presenceCodec } from '../clustering/presence.ts'
import type { ProcessorContext } from '../processor.ts'
import type { KeyValueStore, StoreSpec } from '../store.ts'
import type { CampaignMember } from './campaign-member.ts'
import { campaignMemberCodec } from './campaign-member-codec.ts'
import { type CampaignRow, campaignRowCodec } from './campaign-row.ts'
import { type Standing, standingCodec } from './campaign-standing.ts'
import { toHex } from './keystroke-centroid.ts'

/** Stores of the `campaign` processor; all of one task. */
export interface CampaignStores {
  readonly identities: KeyValueStore<CampaignMember>
  readonly heads: KeyValueStore<PostingHead>
  readonly postings: KeyValueStore<Presence>
  readonly members: KeyValueStore<Membership>
  readonly pending: KeyValueStore<Standing>
  readonly campaigns: KeyValueStore<CampaignRow>
}

/** A row of `campaign-members`. */
export interface Membership {
  /** Of the identity, epoch seconds. */
  readonly firstSeen: number
}

const VERSION = 1

/** `01, first seen seconds` */
const membershipCodec: Codec<Membership> = {
  encode({ firstSeen }, into) {
    into.u8(VERSION)
    writeSeconds(into, firstSeen)
  },
  decode(from) {
    checkVersion(from, 'membership', VERSION)
    return { firstSeen: readSeconds(from) }
  },
}

/** identity */
export const campaignIdentitiesStore: StoreSpec<CampaignMember> = {
  name: 'campaign-identities',
  codec: campaignMemberCodec,
  toJson: (key, { campaign, features, firstSeen, mergedInto, root }) => ({
    identity_uuid: fromByteString(key),
    campaign_uuid: campaign,
    root_identity_uuid: fromByteString(root),
    merged_into_uuid: mergedInto === null ? null : fromByteString(mergedInto),
    first_seen: firstSeen,
    infrastructure: [...features.infrastructure],
    keystroke_centroid: features.keystrokes === null ? null : toHex(features.keystrokes),
    visits: [...features.visits].map(([decky_id, visit]) => ({
      decky_id,
      first_phase: visit.firstPhase,
      first_ts: visit.firstTs,
      last_phase: visit.lastPhase,
      last_ts: visit.lastTs,
    })),
  }),
}

/** tie */
export const campaignTiesStore: StoreSpec<PostingHead> = {
  name: 'campaign-ties',
  codec: postingHeadCodec,
  toJson: (_key, { holders, isGeneric }) => ({ holders, generic: isGeneric }),
}

/** tie, identity */
export const campaignPostingsStore: StoreSpec<Presence> = {
  name: 'campaign-postings',
  codec: presenceCodec,
  groupOf: firstPartOf,
}

/** campaign, identity */
export const campaignMembersStore: StoreSpec<Membership> = {
  name: 'campaign-members',
  codec: membershipCodec,
  groupOf: firstPartOf,
  toJson: (_key, { firstSeen }) => ({ first_seen: firstSeen }),
}

/** All of {@link campaignPendingStore}. */
export const PENDING_GROUP: ByteString = ''

/** Identity: of those that the next announcement must look at, where they stood at the last. */
export const campaignPendingStore: StoreSpec<Standing> = {
  name: 'campaign-pending',
  codec: standingCodec,
  groupOf: () => PENDING_GROUP,
  toJson: (_key, { mergedInto, root }) => ({
    root_identity_uuid: root === null ? null : fromByteString(root),
    merged_into_uuid: mergedInto === null ? null : fromByteString(mergedInto),
  }),
}

/** campaign */
export const campaignsStore: StoreSpec<CampaignRow> = {
  name: 'campaigns',
  codec: campaignRowCodec,
  toJson: (key, { firstSeen, identities, identity, mergedInto, updatedTs }) => ({
    campaign_uuid: fromByteString(key),
    identity_uuid: identity,
    merged_into_uuid: mergedInto,
    first_seen: firstSeen,
    updated_ts: updatedTs,
    identity_count: identities,
  }),
}

export const CAMPAIGN_STORES: readonly StoreSpec<unknown>[] = [
  campaignIdentitiesStore,
  campaignTiesStore,
  campaignPostingsStore,
  campaignMembersStore,
  campaignPendingStore,
  campaignsStore,
]

export function openCampaignStores(
  context: Pick<ProcessorContext<unknown>, 'store'>,
): CampaignStores {
  return {
    identities: context.store(campaignIdentitiesStore.name),
    heads: context.store(campaignTiesStore.name),
    postings: context.store(campaignPostingsStore.name),
    members: context.store(campaignMembersStore.name),
    pending: context.store(campaignPendingStore.name),
    campaigns: context.store(campaignsStore.name),
  }
}
