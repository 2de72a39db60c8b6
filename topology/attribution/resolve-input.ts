import { type ByteString, toByteString } from '../../bytes/byte-string.ts'
import type { TechniqueTag } from '../../schemas/cluster-records.ts'
import type {
  AttackerProfile,
  IdentityLink,
  MoveCause,
  ObservationView,
  Value,
} from '../../schemas/records.ts'
import { pairKey } from './store-keys.ts'

/** What the `resolve` sub-topology takes: its sources' records, tagged, with their keys. */
export type ResolveInput = ObservationInput | ProfileInput | LinkInput | TagInput | TriggerInput

/** Built once when a record is decoded: prefetch, place and resolve read the same keys. */
export class ObservationInput {
  readonly type = 'observation'
  readonly attackerUuid: string
  readonly attacker: ByteString
  readonly primitive: string
  readonly ts: number
  readonly value: Value
  readonly confidence: number
  /** The evidence reference; the observation's id where it has none. */
  readonly ref: ByteString
  /** Append time of a record that came by way of a repartition; null: the source record's. */
  readonly appendTimeMs: number | null
  /** attacker, primitive */
  readonly partialKey: ByteString
  /** attacker, primitive, ref */
  readonly rowKey: ByteString

  constructor(
    view: Pick<ObservationView, 'attacker_uuid' | 'primitive' | 'ts' | 'value' | 'confidence'>,
    ref: ByteString,
    appendTimeMs: number | null,
  ) {
    this.attackerUuid = view.attacker_uuid
    this.attacker = toByteString(view.attacker_uuid)
    this.primitive = view.primitive
    this.ts = view.ts
    this.value = view.value
    this.confidence = view.confidence
    this.ref = ref
    this.appendTimeMs = appendTimeMs
    this.partialKey = pairKey(this.attacker, toByteString(view.primitive))
    this.rowKey = pairKey(this.partialKey, ref)
  }

  static of(view: ObservationView): ObservationInput {
    return new ObservationInput(view, toByteString(view.evidence_ref ?? view.id), null)
  }
}

/** An attacker profile: the attacker becomes known. */
export interface ProfileInput {
  readonly type: 'profile'
  readonly attackerUuid: string
  readonly attacker: ByteString
  readonly firstSeen: number
  readonly lastSeen: number
  /** All of it, for a clusterer; null: there is none. */
  readonly profile: AttackerProfile | null
}

/** An identity link. */
export interface LinkInput {
  readonly type: 'link'
  readonly attackerUuid: string
  readonly attacker: ByteString
  readonly identity: string
  readonly root: string
  readonly cause: MoveCause
}

/** A technique tag; only a clusterer takes it. */
export interface TagInput {
  readonly type: 'tag'
  /** The attacker tagged; of a tag without one the identity. */
  readonly attackerUuid: string
  readonly attacker: ByteString
  readonly tag: TaggedTactic
}

export type TaggedTactic = Pick<TechniqueTag, 'tag_uuid' | 'tactic' | 'created_ts' | 'decky_id'>

/** A bare event, as the reference's bus carried them; reference policy only. */
export interface TriggerInput {
  readonly type: 'trigger'
  readonly attackerUuid: string
  readonly attacker: ByteString
  readonly primitive: string
}

/** @param isWhole a clusterer takes it */
export function profileInput(profile: AttackerProfile, isWhole: boolean): ProfileInput {
  return {
    type: 'profile',
    attackerUuid: profile.attacker_uuid,
    attacker: toByteString(profile.attacker_uuid),
    firstSeen: profile.first_seen,
    lastSeen: profile.last_seen,
    profile: isWhole ? profile : null,
  }
}

/** @param view names an attacker or an identity */
export function tagInput(view: TechniqueTag): TagInput {
  const attackerUuid = view.attacker_uuid ?? view.identity_uuid!
  const { created_ts, decky_id, tactic, tag_uuid } = view
  return {
    type: 'tag',
    attackerUuid,
    attacker: toByteString(attackerUuid),
    tag: { tag_uuid, tactic, created_ts, decky_id },
  }
}

export function linkInput(link: IdentityLink): LinkInput {
  return {
    type: 'link',
    attackerUuid: link.attacker_uuid,
    attacker: toByteString(link.attacker_uuid),
    identity: link.identity_uuid,
    root: link.root_uuid,
    cause: link.cause,
  }
}
