import type { TacticSighting } from '../../topology/campaign/decky-visit.ts'

/** An edit of the reference's tables, as the vectors write it. */
export type CampaignEdit =
  | {
      readonly edit: 'add_identity'
      readonly phases: readonly PhaseRow[]
      readonly row: EvidenceRow & {
        readonly uuid: string
        readonly merged_into_uuid: string | null
      }
    }
  | (EvidenceRow & {
      readonly edit: 'set_features'
      readonly identity: string
      readonly phases: readonly PhaseRow[]
    })

interface EvidenceRow {
  /** JSON text of a list. */
  readonly payload_simhashes: string | null
  readonly c2_endpoints: string | null
  /** Possibly malformed. */
  readonly kd_digraph_simhash: string | null
}

interface PhaseRow {
  readonly decky_id: string
  readonly tactic: string
  readonly created_at_ts: number
}

export function evidenceOf({ c2_endpoints, kd_digraph_simhash, payload_simhashes }: EvidenceRow) {
  return {
    payloadHashes: listOf(payload_simhashes),
    c2Endpoints: listOf(c2_endpoints),
    keystrokeCentroid: kd_digraph_simhash,
  }
}

export function sightingsOf({ phases }: CampaignEdit): TacticSighting[] {
  return phases.map(({ created_at_ts: createdTs, decky_id: deckyId, tactic }) => ({
    deckyId,
    tactic,
    createdTs,
  }))
}

function listOf(json: string | null): string[] {
  return json === null ? [] : (JSON.parse(json) as string[])
}
