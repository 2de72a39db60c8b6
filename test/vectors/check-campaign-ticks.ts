import type { CampaignOutcome } from '../../topology/campaign/campaign-outcome.ts'
import { campaignPass } from '../../topology/campaign/campaign-pass.ts'
import { REFERENCE_CAMPAIGNS } from '../../topology/campaign/campaign-policy.ts'
import { MemoryCampaignStore } from '../support/memory-campaign-store.ts'
import type { Fault } from '../support/memory-identity-store.ts'
import { type CheckResult, Comparison } from './check-result.ts'

export interface CampaignTicksVector {
  readonly id: string
  readonly steps: readonly Step[]
}

interface Step {
  readonly edits: readonly Edit[]
  readonly faults: readonly Fault[]
  readonly new_ids: readonly string[]
  readonly expect: Readonly<Record<string, unknown>>
}

interface Evidence {
  readonly payload_simhashes: string | null
  readonly c2_endpoints: string | null
  readonly kd_digraph_simhash: string | null
}

interface Sighting {
  readonly decky_id: string
  readonly tactic: string
  readonly created_at_ts: number
}

type Edit =
  | {
      readonly edit: 'add_identity'
      readonly phases: readonly Sighting[]
      readonly row: Evidence & {
        readonly uuid: string
        readonly campaign_id: string | null
        readonly merged_into_uuid: string | null
      }
    }
  | (Evidence & {
      readonly edit: 'set_features'
      readonly identity: string
      readonly phases: readonly Sighting[]
    })

export async function checkCampaignTicks(
  vectors: readonly CampaignTicksVector[],
): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const vector of vectors) {
    const store = new MemoryCampaignStore()
    for (const [step, { edits, expect, faults, new_ids: newIds }] of vector.steps.entries()) {
      for (const edit of edits) apply(store, edit)
      store.beginPass(faults, newIds)
      const outcome = campaignPass(store, REFERENCE_CAMPAIGNS)
      comparison.step(vector.id, step, expect, received(outcome, store))
    }
  }
  return await Promise.resolve(comparison.result(vectors.length))
}

function apply(store: MemoryCampaignStore, edit: Edit): void {
  const sightings = edit.phases.map((sighting) => ({
    deckyId: sighting.decky_id,
    tactic: sighting.tactic,
    createdTs: sighting.created_at_ts,
  }))
  if (edit.edit === 'add_identity') {
    const { campaign_id: campaign, merged_into_uuid: mergedInto, uuid } = edit.row
    store.setIdentity({ uuid, campaign, mergedInto, ...evidence(edit.row) }, sightings)
  } else {
    const known = store.identitiesByUuid.get(edit.identity)!
    store.setIdentity({ ...known, ...evidence(edit) }, sightings)
  }
}

function evidence({ c2_endpoints, kd_digraph_simhash, payload_simhashes }: Evidence) {
  return {
    payloadHashes: list(payload_simhashes),
    c2Endpoints: list(c2_endpoints),
    keystrokeCentroid: kd_digraph_simhash,
  }
}

function list(json: string | null): string[] {
  return json === null ? [] : (JSON.parse(json) as string[])
}

/** The outcome and what is stored, in the vectors' words. */
function received(outcome: CampaignOutcome, store: MemoryCampaignStore): unknown {
  const identities = [...store.identitiesByUuid.values()]
  const campaigns = [...store.campaignsByUuid.values()]
  return {
    formed: outcome.formed.map(({ campaign, identities: members }) => ({
      campaign_uuid: campaign,
      identity_uuids: members,
    })),
    assigned: outcome.assigned.map(({ campaign, identity }) => ({
      campaign_uuid: campaign,
      identity_uuid: identity,
      prior_campaign_uuid: null,
    })),
    merged: outcome.merged
      .map(({ loser, winner }) => ({ winner_uuid: winner, loser_uuid: loser }))
      .sort((a, b) => compare(a.winner_uuid, b.winner_uuid) || compare(a.loser_uuid, b.loser_uuid)),
    unmerged: outcome.unmerged.map(({ formerWinner, resurrected }) => ({
      resurrected_uuid: resurrected,
      former_winner_uuid: formerWinner,
    })),
    identities: Object.fromEntries(identities.map(({ campaign, uuid }) => [uuid, campaign])),
    campaigns: Object.fromEntries(campaigns.map(({ mergedInto, uuid }) => [uuid, mergedInto])),
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
