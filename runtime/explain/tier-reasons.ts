import type { SharedValue, Tier, TierReason, TierScores } from '../../state/explain-port.ts'
import type { IsGeneric } from '../../topology/identity/evidence.ts'
import type { Features } from '../../topology/identity/features.ts'
import { inBoth, sharedCommands, sharedEvidence } from '../../topology/identity/shared-evidence.ts'
import { type PairWeight, TIER_WEIGHTS } from '../../topology/identity/weight.ts'
import { sharedAsn, sharedCommand, sharedCredential, sharedOfEvidence } from './shared-value.ts'

const SHARED_TOLD_MAX = 50

export function scoresOf({ high, low, medium, veryLow }: PairWeight): TierScores {
  return { high, medium, low, very_low: veryLow }
}

/** The tiers of a pair, with what both have of what each looks at, whether it came to count or not. */
export function tierReasons(
  a: Features,
  b: Features,
  weight: PairWeight,
  isGeneric: IsGeneric,
): TierReason[] {
  const high = sharedEvidence(a, b).map((each) => sharedOfEvidence(each, isGeneric))
  const medium = [...sharedCommands(a, b)].map(sharedCommand)
  const low = [...inBoth(a.credentials, b.credentials)].map(sharedCredential)
  const veryLow = a.asn !== null && a.asn === b.asn ? [sharedAsn(a.asn)] : []
  return [
    reason('high', weight.high, TIER_WEIGHTS.high, high),
    reason('medium', weight.medium, TIER_WEIGHTS.medium, medium),
    reason('low', weight.low, TIER_WEIGHTS.low, low),
    reason('very_low', weight.veryLow, TIER_WEIGHTS.veryLow, veryLow),
  ]
}

function reason(
  tier: Tier,
  score: number,
  weight: number,
  shared: readonly SharedValue[],
): TierReason {
  const told = shared.slice(0, SHARED_TOLD_MAX)
  return { tier, score, weight, shared: told, sharedLeftOut: shared.length - told.length }
}
