import { intersects, jaccard } from '../clustering/jaccard.ts'
import type { Features, HardFeatures } from './features.ts'

/** Scores of a pair of attackers by tier, each 0 to 1, and their weighted sum. */
export interface PairWeight {
  /** 1: the same client software, or, without a veto, a payload or C2 endpoint in common. */
  readonly high: number
  /** How alike the commands of the phase are in which they are most alike. */
  readonly medium: number
  /** How alike the credentials are. */
  readonly low: number
  /** 1: the same autonomous system. */
  readonly veryLow: number
  readonly combined: number
}

/**
 * An edge joins a pair of at least this weight. The tiers below high sum to 0.85, so an edge exists
 * exactly when high is 1.
 */
export const EDGE_WEIGHT_MIN = 1

/** What a tier's score counts for. */
export const TIER_WEIGHTS = { high: 1, medium: 0.6, low: 0.2, veryLow: 0.05 } as const

type Client = Pick<HardFeatures, 'hassh' | 'ja3'>

export function pairWeight(a: Features, b: Features): PairWeight {
  const high = isEdge(a, b) ? 1 : 0
  const medium = commandLikeness(a.commandsByPhase, b.commandsByPhase)
  const low = jaccard(a.credentials, b.credentials)
  const veryLow = a.asn !== null && a.asn === b.asn ? 1 : 0
  // In this order: the reference's sums are compared bit by bit.
  const combined =
    high + TIER_WEIGHTS.medium * medium + TIER_WEIGHTS.low * low + TIER_WEIGHTS.veryLow * veryLow
  return { high, medium, low, veryLow, combined }
}

/** High is 1: see {@link PairWeight}. */
export function isEdge(a: HardFeatures, b: HardFeatures): boolean {
  if (isSameClient(a, b)) return true
  if (isVetoed(a, b)) return false
  return intersects(a.payloadHashes, b.payloadHashes) || intersects(a.c2Endpoints, b.c2Endpoints)
}

/** Some fingerprint is known of both, and none that is agrees: they use different software. */
export function isVetoed(a: Client, b: Client): boolean {
  return (areBothKnown(a.ja3, b.ja3) || areBothKnown(a.hassh, b.hassh)) && !isSameClient(a, b)
}

function isSameClient(a: Client, b: Client): boolean {
  return (a.ja3 !== null && a.ja3 === b.ja3) || (a.hassh !== null && a.hassh === b.hassh)
}

function areBothKnown(a: string | null, b: string | null): boolean {
  return a !== null && b !== null
}

function commandLikeness(a: Features['commandsByPhase'], b: Features['commandsByPhase']): number {
  let most = 0
  for (const [phase, commands] of a) {
    const others = b.get(phase)
    if (others !== undefined) most = Math.max(most, jaccard(commands, others))
  }
  return most
}
