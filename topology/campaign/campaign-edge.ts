import type { CampaignFeatures } from './campaign-features.ts'
import { STREAMING_CAMPAIGNS } from './campaign-policy.ts'
import { CAMPAIGN_THRESHOLD, campaignScores, campaignWeight, sameHands } from './campaign-weight.ts'
import { handOffs } from './hand-off.ts'
import { infrastructureTie, type IsGenericTie, sharedHandTies } from './tie.ts'

/**
 * Whether two identities belong to one campaign under the streaming policy, of features as messages
 * bring them: without networks, tools and sessions.
 *
 * A generic tie joins nobody by itself, but counts beside a specific one. So a pair that shares a
 * specific payload or endpoint has the weight of everything it shares; a pair that shares generic
 * infrastructure only has none in common; and hands that very many have on one decky are nobody's.
 * While nothing is generic, this is an edge of `campaignPartition`.
 */
export function isCampaignEdge(
  a: CampaignFeatures,
  b: CampaignFeatures,
  isGeneric: IsGenericTie,
): boolean {
  if (sharesSpecificInfrastructure(a, b, isGeneric)) {
    return campaignWeight(campaignScores(a, b, STREAMING_CAMPAIGNS)) >= CAMPAIGN_THRESHOLD
  }
  return handsOverBySameHands(a, b, isGeneric)
}

function sharesSpecificInfrastructure(
  { infrastructure: a }: CampaignFeatures,
  { infrastructure: b }: CampaignFeatures,
  isGeneric: IsGenericTie,
): boolean {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  for (const member of small) {
    if (large.has(member) && !isGeneric(infrastructureTie(member))) return true
  }
  return false
}

function handsOverBySameHands(
  a: CampaignFeatures,
  b: CampaignFeatures,
  isGeneric: IsGenericTie,
): boolean {
  if (a.keystrokes === null || b.keystrokes === null) return false
  if (sameHands(a.keystrokes, b.keystrokes) === 0) return false
  for (const { deckyId, takenTs } of handOffs(a.visits, b.visits)) {
    for (const tie of sharedHandTies(deckyId, takenTs, a.keystrokes, b.keystrokes)) {
      if (!isGeneric(tie)) return true
    }
  }
  return false
}
