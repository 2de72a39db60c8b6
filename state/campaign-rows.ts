/**
 * Rows of the `campaign` stores as the API reads them; all lie in the one task of its partition.
 * The stores' own rows satisfy these structurally. Times are epoch seconds.
 */

/** campaign */
export const campaignsStore = 'campaigns'
/** identity */
export const campaignIdentitiesStore = 'campaign-identities'
/** campaign, member */
export const campaignMembersStore = 'campaign-members'

/** A campaign, as announced last: each identity has one, merged away unless the identity is a root. */
export interface CampaignRow {
  /** The identity whose campaign it is. */
  readonly identity: string
  /**
   * The campaign it was merged into, which may itself have been merged: of an identity that was
   * merged out, that of the identity it went to. Null: it is one of its own.
   */
  readonly mergedInto: string | null
  readonly firstSeen: number
  /** When its members, or what is known of them, last changed. Epoch seconds of the pass. */
  readonly updatedTs: number
  /** Identities in it now; 0 when merged. */
  readonly identities: number
}

export interface CampaignIdentityRow {
  /** The campaign that it is in; of an identity that was merged out, that of whom it went to. */
  readonly campaign: string
}

export interface CampaignMemberRow {
  readonly firstSeen: number
}
