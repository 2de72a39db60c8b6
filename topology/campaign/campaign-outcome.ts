import type { CampaignSink } from './campaign-sinks.ts'

export interface CampaignFormed {
  readonly campaign: string
  /** Those that were linked to it, by creation. */
  readonly identities: readonly string[]
}

export interface CampaignAssigned {
  readonly campaign: string
  readonly identity: string
  /** The campaign it left for this one; absent: it was in none. */
  readonly prior?: string
}

export interface CampaignMerged {
  readonly winner: string
  readonly loser: string
}

export interface CampaignUnmerged {
  readonly resurrected: string
  readonly formerWinner: string
}

/** What happened to campaigns; published in this order. */
export interface CampaignNews {
  readonly formed: readonly CampaignFormed[]
  readonly assigned: readonly CampaignAssigned[]
  readonly merged: readonly CampaignMerged[]
  readonly unmerged: readonly CampaignUnmerged[]
}

/** What a pass did. */
export interface CampaignOutcome extends CampaignNews {
  /** Calls of the store that threw. */
  readonly failures: number
  /** Cycles of merge pointers that were met. */
  readonly cycles: number
}

interface CampaignRecord {
  readonly sink: CampaignSink
  /** Whom it happened to, of a merge the loser. */
  readonly key: string
  readonly value: Readonly<Record<string, string | readonly string[] | null>>
}

/**
 * The records of a pass: formed, assigned, merged, unmerged. The identities' own topic hears of
 * each campaign too, whether an identity formed it or joined it.
 */
export function* campaignRecords(outcome: CampaignNews): Generator<CampaignRecord> {
  for (const { campaign, identities } of outcome.formed) {
    const value = { campaign_uuid: campaign, identity_uuids: identities }
    yield { sink: 'formed', key: campaign, value }
    for (const identity of identities) {
      yield { sink: 'campaignAssigned', key: identity, value: assignment({ campaign, identity }) }
    }
  }
  for (const assigned of outcome.assigned) {
    const value = assignment(assigned)
    yield { sink: 'identityAssigned', key: assigned.campaign, value }
    yield { sink: 'campaignAssigned', key: assigned.identity, value }
  }
  for (const { loser, winner } of outcome.merged) {
    yield { sink: 'merged', key: loser, value: { winner_uuid: winner, loser_uuid: loser } }
  }
  for (const { formerWinner, resurrected } of outcome.unmerged) {
    const value = { resurrected_uuid: resurrected, former_winner_uuid: formerWinner }
    yield { sink: 'unmerged', key: resurrected, value }
  }
}

function assignment({ campaign, identity, prior }: CampaignAssigned): CampaignRecord['value'] {
  return { campaign_uuid: campaign, identity_uuid: identity, prior_campaign_uuid: prior ?? null }
}
