import { toByteString } from '../../bytes/byte-string.ts'
import { attackerLinksStore, type AttackerLinkRow } from '../../state/attribution-rows.ts'
import { campaignIdentitiesStore, type CampaignIdentityRow } from '../../state/campaign-rows.ts'
import { identitiesStore, type IdentityRow } from '../../state/identity-rows.ts'
import type { QueryPort } from '../../state/query-port.ts'
import type { Sample } from './generate-sample.ts'

/** What the clusterers made of the sample; null: nothing, or there is no clusterer. */
export interface SampleClusters {
  /** An identity of several attackers. */
  readonly identity: string | null
  /** A campaign of several identities. */
  readonly campaign: string | null
}

export async function clustersOf(query: QueryPort, sample: Sample): Promise<SampleClusters> {
  const stores = new Set(query.stores().map(({ name }) => name))
  if (!stores.has(identitiesStore)) return { identity: null, campaign: null }
  const merged = await identityOf(query, sample.mergedAttackerUuid)
  const row = await read<IdentityRow>(query, identitiesStore, merged)
  const handing = await identityOf(query, sample.campaignAttackerUuid)
  const member = await read<CampaignIdentityRow>(query, campaignIdentitiesStore, handing)
  return {
    identity: row !== undefined && row.attackers > 1 ? merged : null,
    campaign: member?.campaign ?? null,
  }
}

async function identityOf(query: QueryPort, attacker: string): Promise<string> {
  return (await read<AttackerLinkRow>(query, attackerLinksStore, attacker))?.root ?? ''
}

async function read<V>(query: QueryPort, store: string, id: string): Promise<V | undefined> {
  return (await query.get<V>(store, id, toByteString(id))).value
}
