import { KEY_SEPARATOR, toByteString } from '../bytes/byte-string.ts'
import { identityMembersStore, type IdentityMemberRow } from '../state/attribution-rows.ts'
import { campaignIdentitiesStore, type CampaignIdentityRow } from '../state/campaign-rows.ts'
import { identitiesStore, type IdentityRow } from '../state/identity-rows.ts'
import type { Answer, QueryBounds, QueryPort } from '../state/query-port.ts'
import { clustererBounds, hasStore } from './clusterer-stores.ts'
import { ApiError } from './errors.ts'
import { addMember, addRow, summaryOf, type IdentitySummary } from './identity-summary.ts'
import { followMerges } from './merge-chain.ts'
import { joined, metaOf, NO_LABELS, type Labels } from './response-meta.ts'
import { StoreCursor } from './store-cursor.ts'

/** Where an identity is to be looked for. */
export interface Winner extends Labels {
  readonly identity: string
  /** Null: the clusterer does not know it (yet), or there is none. */
  readonly row: IdentityRow | null
}

/** What the clusterer says of an identity. */
export interface ClusteredIdentity extends Labels {
  readonly row: IdentityRow | null
  /** Null: in none yet. */
  readonly campaign: string | null
}

/** Rows that are read at once. */
const READS_AT_ONCE = 64

/**
 * The identity that holds what an identity was.
 * @throws {ApiError} UNKNOWN_IDENTITY: the chain of merges ends on an identity that is not there
 */
export async function winnerOf(
  query: QueryPort,
  identity: string,
  bounds: QueryBounds,
): Promise<Winner> {
  if (!hasStore(query, identitiesStore)) return { identity, row: null, ...NO_LABELS }
  const kept = await clustererBounds(query, identitiesStore, bounds)
  const chain = await followMerges<IdentityRow>(query, identitiesStore, identity, kept)
  const { end, missing, positions, rows } = chain
  if (end === null && rows > 0) throw unknownIdentity(chain)
  return { identity: end?.id ?? identity, row: end?.row ?? null, missing, positions }
}

/**
 * An identity from its members and its row; null: neither knows it.
 */
export async function readSummary(
  query: QueryPort,
  { identity, row }: Pick<Winner, 'identity' | 'row'>,
  bounds: QueryBounds,
): Promise<Answer<IdentitySummary | null>> {
  const range = { partitionKey: identity, prefix: toByteString(identity) + KEY_SEPARATOR }
  const members = new StoreCursor<IdentityMemberRow>(query, identityMembersStore, range, bounds)
  const summary = summaryOf(identity)
  if (row !== null) addRow(summary, row)
  let isKnown = row !== null
  for (;;) {
    if (members.mustArrive) await members.arrive()
    if (members.row === undefined) break
    addMember(summary, members.row[1])
    members.advance()
    isKnown = true
  }
  return { value: isKnown ? summary : null, ...members.labels }
}

/** What the clusterers say of identities, in their order; many are read at once. */
export async function readClustered(
  query: QueryPort,
  identities: readonly string[],
  bounds: QueryBounds,
): Promise<{ readonly rows: readonly ClusteredIdentity[]; readonly labels: Labels }> {
  const rows: ClusteredIdentity[] = []
  for (let start = 0; start < identities.length; start += READS_AT_ONCE) {
    const some = identities.slice(start, start + READS_AT_ONCE)
    rows.push(...(await Promise.all(some.map((each) => readClusteredOne(query, each, bounds)))))
  }
  return { rows, labels: joined(...rows) }
}

async function readClusteredOne(
  query: QueryPort,
  identity: string,
  bounds: QueryBounds,
): Promise<ClusteredIdentity> {
  const [row, campaign] = await Promise.all([
    readRow<IdentityRow>(query, identitiesStore, identity, bounds),
    campaignOf(query, identity, bounds),
  ])
  const labels = joined(row, campaign)
  return { row: row.value ?? null, campaign: campaign.value, ...labels }
}

/** Null: in no campaign, or the topology has no clusterer. */
export async function campaignOf(
  query: QueryPort,
  identity: string,
  bounds: QueryBounds,
): Promise<Answer<string | null>> {
  const answer = await readRow<CampaignIdentityRow>(
    query,
    campaignIdentitiesStore,
    identity,
    bounds,
  )
  return { ...answer, value: answer.value?.campaign ?? null }
}

async function readRow<V>(
  query: QueryPort,
  store: string,
  identity: string,
  bounds: QueryBounds,
): Promise<Answer<V | undefined>> {
  if (!hasStore(query, store)) return { value: undefined, ...NO_LABELS }
  const kept = await clustererBounds(query, store, bounds)
  return query.get<V>(store, identity, toByteString(identity), kept)
}

export function unknownIdentity(labels: Labels): ApiError {
  return new ApiError('UNKNOWN_IDENTITY', undefined, { meta: metaOf(labels) })
}
