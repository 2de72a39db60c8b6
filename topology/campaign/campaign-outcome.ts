export interface CampaignFormed {
  readonly campaign: string
  /** Those that were linked to it, by creation. */
  readonly identities: readonly string[]
}

export interface CampaignAssigned {
  readonly campaign: string
  readonly identity: string
}

export interface CampaignMerged {
  readonly winner: string
  readonly loser: string
}

export interface CampaignUnmerged {
  readonly resurrected: string
  readonly formerWinner: string
}

/** What a pass did; published in this order. */
export interface CampaignOutcome {
  readonly formed: readonly CampaignFormed[]
  readonly assigned: readonly CampaignAssigned[]
  readonly merged: readonly CampaignMerged[]
  readonly unmerged: readonly CampaignUnmerged[]
  /** Calls of the store that threw. */
  readonly failures: number
  /** Cycles of merge pointers that were met. */
  readonly cycles: number
}

/** Null: an identity keeps the campaign it has; merges move campaigns, not identities. */
const NO_PRIOR = { prior_campaign_uuid: null }

interface CampaignRecord {
  readonly topic:
    | 'campaign.formed'
    | 'campaign.identity.assigned'
    | 'identity.campaign.assigned'
    | 'campaign.merged'
    | 'campaign.unmerged'
  readonly value: Readonly<Record<string, string | readonly string[] | null>>
}

/**
 * The records of a pass: formed, assigned, merged, unmerged. The identities' own topic hears of
 * each campaign too, whether an identity formed it or joined it.
 */
export function* campaignRecords(outcome: CampaignOutcome): Generator<CampaignRecord> {
  for (const { campaign, identities } of outcome.formed) {
    yield {
      topic: 'campaign.formed',
      value: { campaign_uuid: campaign, identity_uuids: identities },
    }
    for (const identity of identities) {
      const value = { campaign_uuid: campaign, identity_uuid: identity, ...NO_PRIOR }
      yield { topic: 'identity.campaign.assigned', value }
    }
  }
  for (const { campaign, identity } of outcome.assigned) {
    const value = { campaign_uuid: campaign, identity_uuid: identity, ...NO_PRIOR }
    yield { topic: 'campaign.identity.assigned', value }
    yield { topic: 'identity.campaign.assigned', value }
  }
  for (const { loser, winner } of outcome.merged) {
    yield { topic: 'campaign.merged', value: { winner_uuid: winner, loser_uuid: loser } }
  }
  for (const { formerWinner, resurrected } of outcome.unmerged) {
    const value = { resurrected_uuid: resurrected, former_winner_uuid: formerWinner }
    yield { topic: 'campaign.unmerged', value }
  }
}
