import type { ByteString } from '../../bytes/byte-string.ts'
import { firstClosedGroups } from '../clustering/closed-groups.ts'
import { campaignChanges, type Place, type PlaceChange } from './campaign-changes.ts'
import { CampaignLedger, type Entry } from './campaign-ledger.ts'
import type { CampaignMember } from './campaign-member.ts'
import type { CampaignNews } from './campaign-outcome.ts'
import { type Standing, standingOf } from './campaign-standing.ts'
import { type CampaignStores, PENDING_GROUP } from './campaign-stores.ts'

export interface CampaignAnnouncement extends CampaignNews {
  /** By how many there are more identities in campaigns, and more campaigns; may be negative. */
  readonly identitiesAdded: number
  readonly campaignsAdded: number
  /** Identities still pending, for the next announcement. */
  readonly left: number
}

/** Identities of one announcement, so that it holds up nobody long: more only if told together. */
const IDENTITIES_MAX = 10_000

/** Identities in a row that were merged each into the next; whoever has more has a cycle. */
const HOPS_MAX = 8

/**
 * Everything that changed since the announcement before, by comparison with what was announced then:
 * what came and went in between is not told. Writes the rows of the campaigns concerned. Costs what
 * changed. The caller publishes it in the transaction that keeps the stores, and makes none while a
 * component is stale.
 *
 * After a pause that may be very much. Moves are told together where they share a root, and of such
 * groups only so many as `identitiesMax` allows; the rest stays pending.
 *
 * @param nowTs epoch seconds
 */
export function announceCampaigns(
  stores: CampaignStores,
  nowTs: number,
  identitiesMax = IDENTITIES_MAX,
): CampaignAnnouncement {
  const told = new Map(stores.pending.group(PENDING_GROUP))
  const now = readMembers(stores, told)
  const all = entriesOf(told, now)
  const entries = firstClosedGroups(all, rootsOf, identitiesMax)
  const changes: (PlaceChange & { readonly firstSeen: number })[] = []
  const ledger = new CampaignLedger(stores.campaigns)
  // Everybody has a row; one without is damage, and nothing can be told of it.
  for (const identity of told.keys()) if (!now.has(identity)) stores.pending.delete(identity)
  for (const entry of entries) {
    const { after, before, identity, member } = entry
    stores.pending.delete(identity)
    if (before.as === 'unknown' && after.as === 'merged') {
      // It came and was merged out in between: nobody knows it.
      stores.identities.delete(identity)
      continue
    }
    ledger.book(entry)
    if (!isSamePlace(before, after)) {
      changes.push({ identity, before, after, firstSeen: member.firstSeen })
    }
  }
  // Sorting is stable, and the rows came by id.
  changes.sort((a, b) => a.firstSeen - b.firstSeen)
  ledger.write(nowTs)
  return { ...campaignChanges(changes), ...growthOf(changes), left: all.length - entries.length }
}

function entriesOf(
  told: ReadonlyMap<ByteString, Standing>,
  now: ReadonlyMap<ByteString, CampaignMember>,
): Entry[] {
  return [...told].flatMap(([identity, standing]) => {
    const member = now.get(identity)
    if (member === undefined) return []
    const before = placeOf(standing, (id) => told.get(id) ?? standingOf(now.get(id)))
    const after = placeOf(standingOf(member), (id) => standingOf(now.get(id)))
    return [{ identity, before, after, member }]
  })
}

/** What is said of a move, and counted, depends on the moves of these. */
function rootsOf({ after, before, identity }: Entry): ByteString[] {
  const roots = [before, after].flatMap((place) => (place.as === 'unknown' ? [] : place.root))
  return [identity, ...roots]
}

/** The rows of the identities, and of those they were or are merged into. */
function readMembers(
  { identities }: CampaignStores,
  told: ReadonlyMap<ByteString, Standing>,
): Map<ByteString, CampaignMember> {
  const members = new Map<ByteString, CampaignMember>()
  const asked = new Set(told.keys())
  let next = [...asked]
  for (const { mergedInto } of told.values()) if (mergedInto !== null) next.push(mergedInto)
  for (let hops = 0; next.length > 0 && hops < HOPS_MAX; hops++) {
    const rows = identities.getAll(next)
    for (const [i, row] of rows.entries()) if (row !== undefined) members.set(next[i]!, row)
    for (const identity of next) asked.add(identity)
    const into = rows.flatMap((row) => row?.mergedInto ?? [])
    next = [...new Set(into)].filter((identity) => !asked.has(identity))
  }
  return members
}

/** An identity that is not known stands in for its component: it is about to come. */
function placeOf(standing: Standing, standingOfOther: (id: ByteString) => Standing): Place {
  if (standing.root !== null) return { as: 'member', root: standing.root }
  let at = standing.mergedInto
  if (at === null) return { as: 'unknown' }
  for (let hops = 0; hops < HOPS_MAX; hops++) {
    const { mergedInto, root } = standingOfOther(at)
    if (root !== null) return { as: 'merged', root }
    if (mergedInto === null) break
    at = mergedInto
  }
  return { as: 'merged', root: at }
}

function isSamePlace(a: Place, b: Place): boolean {
  if (a.as === 'unknown' || b.as === 'unknown') return a.as === b.as
  return a.as === b.as && a.root === b.root
}

function growthOf(changes: readonly PlaceChange[]) {
  let identitiesAdded = 0
  let campaignsAdded = 0
  for (const { after, before, identity } of changes) {
    for (const [place, by] of [
      [before, -1],
      [after, 1],
    ] as const) {
      if (place.as !== 'member') continue
      identitiesAdded += by
      if (place.root === identity) campaignsAdded += by
    }
  }
  return { identitiesAdded, campaignsAdded }
}
