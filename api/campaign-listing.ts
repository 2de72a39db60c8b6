import { fromByteString } from '../bytes/byte-string.ts'
import { campaignsStore, type CampaignRow } from '../state/campaign-rows.ts'
import type { QueryBounds, QueryPort } from '../state/query-port.ts'
import { assertClusterer } from './clusterer-stores.ts'
import { Newest, type Listing } from './listings.ts'
import { StoreCursor } from './store-cursor.ts'

/** A campaign that was not merged into another. */
export interface CampaignSummary {
  readonly id: string
  /** Epoch seconds. */
  readonly firstSeen: number
  readonly updatedTs: number
  readonly identities: number
}

/**
 * Folds all campaigns; what was merged into another is left out.
 * @throws {UnknownStoreError} the topology has no clusterer
 */
export async function foldCampaigns(
  query: QueryPort,
  bounds: QueryBounds,
): Promise<Listing<CampaignSummary>> {
  assertClusterer(query, campaignsStore)
  const everything = { partitionKey: null, prefix: '' }
  const rows = new StoreCursor<CampaignRow>(query, campaignsStore, everything, bounds)
  const newest = new Newest<CampaignSummary>()
  for (;;) {
    if (rows.mustArrive) await rows.arrive()
    if (rows.row === undefined) break
    const [key, row] = rows.row
    if (row.mergedInto === null) newest.add(campaignSummary(fromByteString(key), row))
    rows.advance()
  }
  return { total: newest.added, newest: newest.sorted(), ...rows.labels }
}

export function campaignSummary(id: string, row: CampaignRow): CampaignSummary {
  const { firstSeen, identities, updatedTs } = row
  return { id, firstSeen, updatedTs, identities }
}
