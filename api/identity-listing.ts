import { KEY_SEPARATOR, fromByteString, type ByteString } from '../bytes/byte-string.ts'
import { identityMembersStore, type IdentityMemberRow } from '../state/attribution-rows.ts'
import { identitiesStore, type IdentityRow } from '../state/identity-rows.ts'
import type { QueryBounds, QueryPort } from '../state/query-port.ts'
import { clustererBounds, hasStore } from './clusterer-stores.ts'
import { addMember, addRow, summaryOf, type IdentitySummary } from './identity-summary.ts'
import { Newest, type Listing } from './listings.ts'
import { joined } from './response-meta.ts'
import { StoreCursor } from './store-cursor.ts'

export type IdentityListing = Listing<IdentitySummary>

/**
 * Folds all identities: those that have members (an identity attributed beforehand has nothing
 * else), and those that the clusterer has, which may have no member yet. Both stores lie in order
 * of identities, so they are walked side by side. What was merged into another is left out.
 */
export async function foldIdentities(
  query: QueryPort,
  bounds: QueryBounds,
): Promise<IdentityListing> {
  const everything = { partitionKey: null, prefix: '' }
  const members = new StoreCursor<IdentityMemberRow>(
    query,
    identityMembersStore,
    everything,
    bounds,
  )
  const rows = hasStore(query, identitiesStore)
    ? new StoreCursor<IdentityRow>(
        query,
        identitiesStore,
        everything,
        await clustererBounds(query, identitiesStore, bounds),
      )
    : null
  const newest = new Newest<IdentitySummary>()
  for (;;) {
    if (members.mustArrive) await members.arrive()
    if (rows?.mustArrive === true) await rows.arrive()
    const identity = leastOf(identityOf(members.row?.[0]), rows?.row?.[0])
    if (identity === undefined) break
    const summary = summaryOf(fromByteString(identity))
    let isMerged = false
    if (rows?.row !== undefined && rows.row[0] === identity) {
      addRow(summary, rows.row[1])
      isMerged = rows.row[1].mergedInto !== null
      rows.advance()
    }
    while (members.row !== undefined && identityOf(members.row[0]) === identity) {
      addMember(summary, members.row[1])
      members.advance()
      if (members.mustArrive) await members.arrive()
    }
    if (!isMerged) newest.add(summary)
  }
  const labels = rows === null ? members.labels : joined(members.labels, rows.labels)
  return { total: newest.added, newest: newest.sorted(), ...labels }
}

function identityOf(key: ByteString | undefined): ByteString | undefined {
  return key?.slice(0, key.indexOf(KEY_SEPARATOR))
}

function leastOf(a: ByteString | undefined, b: ByteString | undefined): ByteString | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}
