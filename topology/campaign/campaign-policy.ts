/**
 * Where the product and the system it re-implements differ in what ties identities to a campaign.
 *
 * The product runs {@link STREAMING_CAMPAIGNS}; {@link REFERENCE_CAMPAIGNS} exists for the
 * reference vectors.
 */
export interface CampaignPolicy {
  /**
   * A hand-over in time counts only if something passes between the sides that strangers on one
   * decky do not share: a payload, a C2 endpoint, or the same hands. Else timing alone counts.
   */
  readonly handOffNeedsTie: boolean
  /**
   * Time in common is measured against the shorter side, and moments in several sessions count
   * once: no edge depends on an order. Else against the side that comes first in the input, and
   * moments count as often as they occur, so the partition may depend on the order.
   */
  readonly overlapIsSymmetric: boolean
}

export const STREAMING_CAMPAIGNS: CampaignPolicy = {
  handOffNeedsTie: true,
  overlapIsSymmetric: true,
}

export const REFERENCE_CAMPAIGNS: CampaignPolicy = {
  handOffNeedsTie: false,
  overlapIsSymmetric: false,
}
