import {
  asn,
  c2Endpoint,
  type CampaignFeatures,
  decky,
  payload,
  tool,
} from '../../topology/campaign/campaign-features.ts'
import type { DeckyVisit } from '../../topology/campaign/decky-visit.ts'
import { parseKeystrokeCentroid } from '../../topology/campaign/keystroke-centroid.ts'
import type { Phase } from '../../topology/campaign/phase.ts'

/** An identity's campaign features in the vectors' words. */
export interface CampaignProjection {
  readonly id: string
  readonly asn_cohort: readonly number[]
  readonly tooling_cohort: readonly string[]
  readonly payload_hashes: readonly string[]
  readonly c2_endpoints: readonly string[]
  readonly decky_set: readonly string[]
  readonly kd: string | null
  readonly session_windows: readonly (readonly [startTs: number, endTs: number])[]
  readonly first_phase: Readonly<Record<string, Phase>>
  readonly last_phase: Readonly<Record<string, Phase>>
  readonly first_seen: Readonly<Record<string, number>>
  readonly last_seen: Readonly<Record<string, number>>
}

export function campaignFeatures(projection: CampaignProjection): CampaignFeatures {
  return {
    infrastructure: new Set([
      ...projection.payload_hashes.map(payload),
      ...projection.c2_endpoints.map(c2Endpoint),
    ]),
    cohort: new Set([
      ...projection.asn_cohort.map(asn),
      ...projection.tooling_cohort.map(tool),
      ...projection.decky_set.map(decky),
    ]),
    visits: visitsOf(projection),
    keystrokes: parseKeystrokeCentroid(projection.kd),
    sessions: projection.session_windows.map(([startTs, endTs]) => ({ startTs, endTs })),
  }
}

function visitsOf(projection: CampaignProjection): Map<string, DeckyVisit> {
  const phases = Object.entries(projection.first_phase)
  return new Map(
    phases.map(([id, firstPhase]) => [
      id,
      {
        firstPhase,
        firstTs: projection.first_seen[id] ?? null,
        lastPhase: projection.last_phase[id]!,
        lastTs: projection.last_seen[id] ?? null,
      },
    ]),
  )
}
