import type { State, Value } from '../schemas/records.ts'

/**
 * Rows of the attribution stores as the API reads them.
 *
 * The stores' own rows satisfy these structurally (they may hold more), so that a reader imports
 * no topology. Parts of a key are joined by `KEY_SEPARATOR`; a store's rows lie in the task that
 * its first part names. Times are epoch seconds of event time.
 */

/** attacker */
export const attackerLinksStore = 'attacker-links'
/** attacker, primitive, evidence reference (the observation's id where it has none) */
export const attackerObservationsStore = 'attacker-observations'
/** identity, primitive */
export const attributionProfilesStore = 'attribution-profiles'
/** identity, attacker */
export const identityMembersStore = 'identity-members'
/** identity */
export const multiActorWindowsStore = 'multi-actor-windows'

export interface AttackerLinkRow {
  /** The literal link; empty: known, but not linked yet (reference policy only). */
  readonly identity: string
  /** The identity that holds the attacker's contributions: where the merge chain ends. */
  readonly root: string
  readonly firstSeen: number
}

export interface AttackerObservationRow {
  readonly ts: number
  /** Order of insertion per attacker; an overwrite keeps it. */
  readonly seq: number
  readonly value: Value
  readonly confidence: number
}

export interface AttributionProfileRow {
  /** Null: nothing to see yet (reference policy only). */
  readonly state: State | null
  readonly currentValue: Value
  readonly confidence: number
  readonly observationCount: number
  readonly lastChangeTs: number
  readonly lastObservationTs: number
}

export interface IdentityMemberRow {
  readonly firstSeen: number
  /** Its newest observation known when it became a member. */
  readonly updatedTs: number
}

export interface MultiActorWindowRow {
  /** Primitives now in `multi_actor`, with the time each entered. */
  readonly entries: readonly { readonly primitive: string; readonly entryTs: number }[]
  /** What the standing alert names, sorted; empty: no alert stands. */
  readonly announced: readonly string[]
}
