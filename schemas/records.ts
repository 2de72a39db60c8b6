import type { StructuredValue } from './structured-value.ts'

/**
 * The public records, as the product sees them in memory. Each has an `.avsc` of the same name,
 * where every field and unit is documented; a test holds the two together.
 */

/**
 * An observed value. Numbers and booleans compare as in the domain (`true` equals `1`); lists and
 * objects are held as their canonical JSON.
 */
export type Value = null | boolean | number | string | StructuredValue

export interface Observation {
  readonly attacker_uuid: string
  readonly id: string
  readonly v: number
  /** Epoch seconds. */
  readonly ts: number
  readonly primitive: string
  readonly value: Value
  readonly confidence: number
  readonly window: { readonly start_ts: number; readonly end_ts: number }
  readonly source: string
  readonly evidence_ref: string | null
  readonly identity_ref: string | null
}

/** What the topology reads of an observation; the reader schema skips the rest. */
export type ObservationView = Pick<
  Observation,
  'attacker_uuid' | 'id' | 'ts' | 'primitive' | 'value' | 'confidence' | 'evidence_ref'
>

export interface IdentityObservation {
  readonly identity_uuid: string
  readonly attacker_uuid: string
  readonly id: string
  readonly v: number
  readonly ts: number
  readonly primitive: string
  readonly value: Value
  readonly confidence: number
  readonly evidence_ref: string | null
  readonly source: string
}

export type IdentityObservationView = Pick<
  IdentityObservation,
  'identity_uuid' | 'attacker_uuid' | 'ts' | 'primitive' | 'value'
>

export interface Fingerprint {
  readonly kind: string
  readonly hash: string | null
  readonly value: string | null
}

export interface Credential {
  readonly user: string
  readonly password: string
}

/** The commands of one phase of the kill chain. */
export interface PhaseCommands {
  readonly phase: string
  readonly commands: readonly string[]
}

export interface AttackerProfile {
  readonly attacker_uuid: string
  readonly attacker_ip: string | null
  /** Epoch seconds, as is `last_seen`. */
  readonly first_seen: number
  readonly last_seen: number
  readonly asn: number | null
  readonly fingerprints: readonly Fingerprint[]
  readonly payload_hashes: readonly string[]
  readonly c2_endpoints: readonly string[]
  readonly credentials: readonly Credential[]
  readonly commands: readonly PhaseCommands[]
}

export type MoveCause = 'link' | 'merge' | 'unmerge'
export type Cause = 'observation' | MoveCause

export interface IdentityLink {
  readonly attacker_uuid: string
  /** The literal link. */
  readonly identity_uuid: string
  /** Where the merge chain of the literal link ends; itself when not merged. */
  readonly root_uuid: string
  readonly cause: MoveCause
}

export type State = 'unknown' | 'stable' | 'drifting' | 'conflicted' | 'multi_actor'

export interface StateChanged {
  readonly identity_uuid: string
  readonly primitive: string
  readonly old_state: State | null
  /** Null: the identity has no observation of this primitive any more. */
  readonly new_state: State | null
  readonly current_value: Value
  readonly confidence: number
  readonly observation_count: number
  /** last_observation_ts, epoch seconds. */
  readonly ts: number
  readonly cause: Cause
}

export interface MultiActorSuspected {
  readonly identity_uuid: string
  /** Sorted. */
  readonly primitives: readonly string[]
  readonly evidence_summary: string
  readonly confidence: number
  /** Event time of the newest of the joined transitions, epoch seconds. */
  readonly ts: number
}

export interface MultiActorCleared {
  readonly identity_uuid: string
  /** Those of the alert that is withdrawn, sorted. */
  readonly primitives: readonly string[]
  readonly ts: number
}

export interface DeadLetter {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly error_class: string
  readonly error_message: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Milliseconds since the epoch. */
  readonly timestamp_ms: number
}
