import { Components } from '../clustering/components.ts'
import type { CampaignFeatures } from './campaign-features.ts'
import type { CampaignPolicy } from './campaign-policy.ts'
import { CAMPAIGN_THRESHOLD, campaignScores, campaignWeight } from './campaign-weight.ts'

/**
 * Identities that belong together, as places in `features`; groups by their first member.
 *
 * Only (earlier, later) is judged of each pair. Under the reference's policy an edge may depend on
 * the direction and so the partition on the order; under the streaming policy it does not.
 */
export function campaignPartition(
  features: readonly CampaignFeatures[],
  policy: CampaignPolicy,
): number[][] {
  const components = new Components(features.length)
  for (const [i, a] of features.entries()) {
    for (let j = i + 1; j < features.length; j++) {
      // Within a component nothing more can be learnt: edges only join.
      if (components.find(i) === components.find(j)) continue
      const scores = campaignScores(a, features[j]!, policy)
      if (campaignWeight(scores) >= CAMPAIGN_THRESHOLD) components.join(i, j)
    }
  }
  return components.groups()
}
