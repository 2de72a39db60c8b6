import { c2Endpoint, type CampaignFeatures, decky, payload } from './campaign-features.ts'
import type { CampaignIdentity } from './campaign-store.ts'
import type { DeckyVisit } from './decky-visit.ts'
import { parseKeystrokeCentroid } from './keystroke-centroid.ts'

/**
 * What is known of an identity in operation: its row, and what its tags tell of deckies. Networks,
 * tools and sessions are not kept on identities, so overlap in time is always 0 here and the
 * cohort is its deckies.
 */
export function identityFeatures(
  { c2Endpoints, keystrokeCentroid, payloadHashes }: CampaignIdentity,
  visits: ReadonlyMap<string, DeckyVisit>,
): CampaignFeatures {
  return {
    infrastructure: new Set([...payloadHashes.map(payload), ...c2Endpoints.map(c2Endpoint)]),
    cohort: new Set([...visits.keys()].map(decky)),
    visits,
    keystrokes: parseKeystrokeCentroid(keystrokeCentroid),
    sessions: [],
  }
}
