import { type CheckResult, Comparison } from './check-result.ts'
import type { Fault } from '../support/told-faults.ts'
import type { CampaignEdit } from './campaign-edit.ts'
import type { CampaignTick, CampaignTicker } from './campaign-ticker.ts'

export interface CampaignTicksVector {
  readonly id: string
  readonly steps: readonly Step[]
}

interface Step {
  readonly edits: readonly CampaignEdit[]
  readonly faults: readonly Fault[]
  readonly new_ids: readonly string[]
  readonly expect: Readonly<Record<string, unknown>>
}

/** @param ticker a new one for each case */
export async function checkCampaignTicks(
  vectors: readonly CampaignTicksVector[],
  ticker: () => CampaignTicker,
): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const vector of vectors) {
    const tables = ticker()
    for (const [step, { edits, expect, faults, new_ids: newIds }] of vector.steps.entries()) {
      for (const edit of edits) tables.apply(edit)
      comparison.step(vector.id, step, expect, inVectorWords(await tables.pass(faults, newIds)))
    }
  }
  return comparison.result(vectors.length)
}

function inVectorWords({ links, merges, news }: CampaignTick): unknown {
  return {
    formed: news.formed.map(({ campaign, identities: members }) => ({
      campaign_uuid: campaign,
      identity_uuids: members,
    })),
    assigned: news.assigned.map(({ campaign, identity }) => ({
      campaign_uuid: campaign,
      identity_uuid: identity,
      prior_campaign_uuid: null,
    })),
    merged: news.merged
      .map(({ loser, winner }) => ({ winner_uuid: winner, loser_uuid: loser }))
      .sort((a, b) => compare(a.winner_uuid, b.winner_uuid) || compare(a.loser_uuid, b.loser_uuid)),
    unmerged: news.unmerged.map(({ formerWinner, resurrected }) => ({
      resurrected_uuid: resurrected,
      former_winner_uuid: formerWinner,
    })),
    identities: Object.fromEntries(links),
    campaigns: Object.fromEntries(merges),
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
