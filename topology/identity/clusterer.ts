import type { KeystrokeCounts } from '../clustering/keystroke-counts.ts'
import type { Mergeable } from '../clustering/merge-chains.ts'
import type { HardFeatures } from './features.ts'
import type { SeenFingerprints } from './fingerprints.ts'
import type { IdentityFingerprints } from './roll-up.ts'

/** An attacker as a pass reads it. */
export interface LinkedAttacker {
  readonly uuid: string
  /** The literal link; null: none. */
  readonly identity: string | null
  readonly features: HardFeatures
  readonly seen: SeenFingerprints
  readonly keystrokes: KeystrokeCounts
}

/**
 * What a pass reads and writes. Every call may throw: the step is then skipped, and what was read or
 * written before it stands.
 */
export interface IdentityStore {
  /** By first_seen. */
  attackers(): readonly LinkedAttacker[]
  /** By creation. */
  identities(): readonly Mergeable[]
  /** The id of a new identity of these attackers; asked once a new component. */
  newIdentity(attackers: readonly string[]): string
  create(identity: string, attackers: readonly string[]): void
  link(attacker: string, identity: string): void
  /** Sets the identity's merge pointer; null clears it. */
  merge(identity: string, into: string | null): void
  /** Replaces what was rolled up before. */
  rollUp(identity: string, fingerprints: IdentityFingerprints): void
}

export interface Formed {
  readonly identity: string
  /** Those that were linked to it, by first_seen. */
  readonly attackers: readonly string[]
}

export interface Linked {
  readonly identity: string
  readonly attacker: string
}

export interface Merged {
  readonly winner: string
  readonly loser: string
}

export interface Unmerged {
  readonly resurrected: string
  readonly formerWinner: string
}

/** What happened to identities; published in this order. */
export interface IdentityNews {
  readonly formed: readonly Formed[]
  readonly linked: readonly Linked[]
  readonly merged: readonly Merged[]
  readonly unmerged: readonly Unmerged[]
}

/** What a pass did. */
export interface PassOutcome extends IdentityNews {
  /** Calls of the store that threw. */
  readonly failures: number
  /** Cycles of merge pointers met: their smallest id stood in for an end. */
  readonly brokenChains: number
}

/** Says which attackers are one identity. Port: configuration chooses what is behind it. */
export interface Clusterer {
  readonly name: string
  /** One pass over all that is stored. Throws nothing, unless a store misses a row. */
  pass(store: IdentityStore): PassOutcome
}
