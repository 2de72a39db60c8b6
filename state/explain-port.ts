import type { Answer, QueryBounds } from './query-port.ts'

/**
 * Why attackers are one identity, or are not: for the API, which knows no weights.
 *
 * X1. It tells what holds now, by the rows of the clusterer: features, and which values are so
 *     common that they make no edge. Nothing is kept of why something was joined in the past.
 * X2. It is bounded, and says what it left out.
 */
export interface ExplainPort {
  /**
   * @param root the attacker that names the identity
   * @throws as the query port
   */
  identity(root: string, bounds: QueryBounds): Promise<Answer<IdentityReasons>>
  /** Of two attackers of any identities. @throws as the query port */
  pair(a: string, b: string, bounds: QueryBounds): Promise<Answer<PairReasons | UnknownAttackers>>
}

export type Tier = 'high' | 'medium' | 'low' | 'very_low'

/** Something that attackers have in common. */
export interface SharedValue {
  readonly kind: 'ja3' | 'hassh' | 'payload' | 'c2' | 'command' | 'credential' | 'asn'
  /** Of a credential `user:password`. */
  readonly value: string
  /** Of a command; null of all else. */
  readonly phase: string | null
  /** So many attackers hold it that sharing it makes no edge. */
  readonly generic: boolean
}

/** A value that several attackers of an identity hold. */
export interface IdentityEvidence extends SharedValue {
  readonly tier: Tier
  /** Attackers of the identity that hold it, of those that were looked at. */
  readonly holders: number
  /** All attackers that hold it; null: not counted. */
  readonly holdersInAll: number | null
}

export interface IdentityReasons {
  readonly attackers: number
  /** Those that were looked at, the root first. */
  readonly attackersExplained: readonly string[]
  /** Strongest tier first, then held by most. */
  readonly evidence: readonly IdentityEvidence[]
  readonly evidenceLeftOut: number
  /** `all`: of those looked at. `spanning_tree`: as few edges as hold all of them together. */
  readonly pairsAre: 'all' | 'spanning_tree'
  readonly pairs: readonly Pair[]
}

export interface TierScores {
  readonly high: number
  readonly medium: number
  readonly low: number
  readonly very_low: number
}

export interface Pair {
  readonly attackers: readonly [string, string]
  readonly scores: TierScores
  /** Weighted sum of the scores. */
  readonly combined: number
  /** What joins the two directly; empty: nothing does. At most 10. */
  readonly joinedBy: readonly SharedValue[]
  readonly veto: readonly Disagreement[]
}

/** A fingerprint that is known of both, and differs, while none agrees: they share no client. */
export interface Disagreement {
  readonly kind: 'ja3' | 'hassh'
  readonly values: readonly [string, string]
}

export interface PairReasons {
  readonly attackers: readonly [string, string]
  readonly identities: readonly [string, string]
  readonly tiers: readonly TierReason[]
  readonly combined: number
  /** Two attackers of at least this weight are joined, unless by generic values alone. */
  readonly edgeWeightMin: number
  /** What joins the two directly; empty: nothing does. */
  readonly joinedBy: readonly SharedValue[]
  readonly veto: readonly Disagreement[]
  /** Steps from one to the other; null: they are not one identity, or see `chainIsIncomplete`. */
  readonly chain: readonly ChainStep[] | null
  /** They are one identity, but it is too large to find what joins them. */
  readonly chainIsIncomplete: boolean
}

export interface TierReason {
  readonly tier: Tier
  /** 0 to 1. */
  readonly score: number
  readonly weight: number
  /** What both have of what the tier looks at, at most 50. */
  readonly shared: readonly SharedValue[]
  readonly sharedLeftOut: number
}

/** Two attackers that are joined directly. */
export interface ChainStep {
  readonly attackers: readonly [string, string]
  readonly joinedBy: readonly SharedValue[]
}

export interface UnknownAttackers {
  /** Those that the clusterer does not know. */
  readonly unknown: readonly string[]
}
