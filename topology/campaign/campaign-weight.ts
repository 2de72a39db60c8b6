import { jaccard } from '../clustering/jaccard.ts'
import type { CampaignFeatures } from './campaign-features.ts'
import type { CampaignPolicy } from './campaign-policy.ts'
import { isHandOff } from './hand-off.ts'
import { hammingDistance, type KeystrokeCentroid } from './keystroke-centroid.ts'
import { shareOfFirst, shareOfShorter } from './session-overlap.ts'

/** How strongly each kind of evidence ties two identities, 0 to 1 each. */
export interface CampaignScores {
  readonly handOff: number
  readonly infrastructure: number
  readonly temporal: number
  readonly cohort: number
  readonly keystroke: number
}

/** Two identities belong to one campaign from this weight on. */
export const CAMPAIGN_THRESHOLD = 1

/** Distance of keystroke centroids, in bits, from which they are not the same hands. */
const OTHER_HANDS_BITS = 8

export function campaignScores(
  a: CampaignFeatures,
  b: CampaignFeatures,
  { handOffNeedsTie, overlapIsSymmetric }: CampaignPolicy,
): CampaignScores {
  const infrastructure = jaccard(a.infrastructure, b.infrastructure)
  const keystroke = sameHands(a.keystrokes, b.keystrokes)
  const mayHandOff = !handOffNeedsTie || infrastructure > 0 || keystroke > 0
  const overlap = overlapIsSymmetric ? shareOfShorter : shareOfFirst
  return {
    handOff: mayHandOff && isHandOff(a.visits, b.visits) ? 1 : 0,
    infrastructure,
    temporal: overlap(a.sessions, b.sessions),
    cohort: jaccard(a.cohort, b.cohort),
    keystroke,
  }
}

/** Summed in this order: 0.4 and 0.6 make exactly 1, which is an edge. */
export function campaignWeight(scores: CampaignScores): number {
  let weight = scores.handOff
  weight += scores.infrastructure
  weight += 0.4 * scores.temporal
  weight += 0.1 * scores.cohort
  weight += 0.6 * scores.keystroke
  return weight
}

/** How alike the hands of two identities are, 0 (others, or not known) to 1. */
export function sameHands(a: KeystrokeCentroid | null, b: KeystrokeCentroid | null): number {
  if (a === null || b === null) return 0
  const distance = hammingDistance(a, b)
  return distance < OTHER_HANDS_BITS ? 1 - distance / OTHER_HANDS_BITS : 0
}
