/**
 * The public records of identities and campaigns, as the product sees them in memory. Each has an
 * `.avsc` of the same name, where every field and unit is documented; a test holds the two together.
 */

export interface IdentityFormed {
  readonly identity_uuid: string
  /** The attackers linked to it (an identity observes attackers), first seen first. */
  readonly observation_uuids: readonly string[]
}

export interface IdentityObservationLinked {
  readonly identity_uuid: string
  readonly observation_uuid: string
}

export interface IdentityMerged {
  readonly winner_uuid: string
  readonly loser_uuid: string
}

export interface IdentityUnmerged {
  readonly resurrected_uuid: string
  readonly former_winner_uuid: string
}

export interface EvidenceGeneric {
  readonly kind: 'ja3' | 'hassh' | 'payload' | 'c2'
  readonly value: string
  readonly generic: boolean
  readonly holders: number
}

export interface CampaignFormed {
  readonly campaign_uuid: string
  readonly identity_uuids: readonly string[]
}

export interface CampaignAssigned {
  readonly campaign_uuid: string
  readonly identity_uuid: string
  readonly prior_campaign_uuid: string | null
}

export interface CampaignMerged {
  readonly winner_uuid: string
  readonly loser_uuid: string
}

export interface CampaignUnmerged {
  readonly resurrected_uuid: string
  readonly former_winner_uuid: string
}

/** A technique used once by an attacker, or by an identity where no attacker is named. */
export interface TechniqueTag {
  readonly tag_uuid: string
  readonly attacker_uuid: string | null
  readonly identity_uuid: string | null
  readonly session_id: string | null
  readonly decky_id: string | null
  readonly technique_id: string
  readonly sub_technique_id: string | null
  readonly tactic: string
  readonly confidence: number
  /** Epoch seconds. */
  readonly created_ts: number
}
