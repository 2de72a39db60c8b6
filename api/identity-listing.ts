import {
  KEY_SEPARATOR,
  fromByteString,
  toByteString,
  type ByteString,
} from '../bytes/byte-string.ts'
import { identityMembersStore, type IdentityMemberRow } from '../state/attribution-rows.ts'
import { StoreNotReadyError } from '../state/errors.ts'
import type {
  Answer,
  LabelledPosition,
  QueryBounds,
  QueryPort,
  StoreRow,
} from '../state/query-port.ts'
import { hasBounds } from './query-bounds.ts'
import { joined, NO_LABELS, type Labels } from './response-meta.ts'

/** An identity, from the rows of its members. */
export interface IdentitySummary {
  readonly identity: string
  /** Epoch seconds, the earliest of its members. */
  firstSeen: number
  /** Epoch seconds, the newest of its members. */
  updatedTs: number
  members: number
}

export interface IdentityListing extends Labels {
  readonly total: number
  /** The newest {@link LISTED_MAX}, newest update first; equal times by identity. */
  readonly newest: readonly IdentitySummary[]
}

/** Reach of `offset` + `limit` in the list of identities. */
export const LISTED_MAX = 11_000
const SCAN_ROWS = 4096
/** A listing that took so long to make is served again for ten times as long. */
const CHEAP_MS = 25
const REUSE_FACTOR = 10

/**
 * Lists identities by time of update, an order that no store has.
 *
 * L1. It folds the rows of all members, which lie in key order and so by identity, and keeps the
 *     newest {@link LISTED_MAX}: memory does not grow with the store.
 * L2. One fold at a time, shared by those who ask meanwhile; a costly one is served again for ten
 *     times what it took, so listing takes a tenth of the process at most, however often asked.
 * L3. Its labels are those of all pages together; a list that is served again says how old it is.
 * L4. A list for which bounds are asked is made anew or not given: what was made before is not
 *     known to keep them.
 */
export class IdentityListings {
  private readonly query: QueryPort
  private readonly clock: () => number
  private running: Promise<IdentityListing> | null = null
  private kept: { readonly listing: IdentityListing; readonly startedMs: number } | null = null
  private keptUntilMs = 0

  constructor(query: QueryPort, clock: () => number) {
    this.query = query
    this.clock = clock
  }

  /** @throws {StoreNotReadyError} with bounds: the next list is not due yet (L2) */
  async current(bounds: QueryBounds = {}): Promise<IdentityListing> {
    if (!hasBounds(bounds)) return this.keptListing() ?? (await (this.running ?? this.run({})))
    while (this.running !== null) await this.running.catch(() => undefined)
    if (this.keptListing() !== null) {
      const retryAfterMs = this.keptUntilMs - this.clock()
      throw new StoreNotReadyError('the list was made a moment ago and is costly', { retryAfterMs })
    }
    return this.run(bounds)
  }

  private keptListing(): IdentityListing | null {
    if (this.kept === null) return null
    const nowMs = this.clock()
    if (nowMs < this.keptUntilMs) return aged(this.kept.listing, nowMs - this.kept.startedMs)
    this.kept = null
    return null
  }

  private run(bounds: QueryBounds): Promise<IdentityListing> {
    this.running = this.make(bounds).finally(() => {
      this.running = null
    })
    return this.running
  }

  private async make(bounds: QueryBounds): Promise<IdentityListing> {
    const startedMs = this.clock()
    const listing = await foldIdentities(this.query, bounds)
    const tookMs = this.clock() - startedMs
    if (tookMs > CHEAP_MS) {
      this.kept = { listing, startedMs }
      this.keptUntilMs = startedMs + tookMs * (1 + REUSE_FACTOR)
    }
    return listing
  }
}

function aged(listing: IdentityListing, ageMs: number): IdentityListing {
  const older = (each: LabelledPosition) => ({ ...each, stalenessMs: each.stalenessMs + ageMs })
  return { ...listing, positions: listing.positions.map(older) }
}

async function foldIdentities(query: QueryPort, bounds: QueryBounds): Promise<IdentityListing> {
  const newest = new NewestIdentities()
  let open: IdentitySummary | null = null
  let labels = NO_LABELS
  let after: ByteString | undefined
  for (;;) {
    const page: MembersPage = await scanMembers(query, null, bounds, after)
    labels = joined(labels, page)
    for (const [key, row] of page.value) {
      const identity = fromByteString(key.slice(0, key.indexOf(KEY_SEPARATOR)))
      if (open?.identity === identity) addMember(open, row)
      else {
        if (open !== null) newest.add(open)
        open = summaryOf(identity, row)
      }
    }
    if (page.value.length < SCAN_ROWS) break
    after = page.value.at(-1)![0]
  }
  if (open !== null) newest.add(open)
  return { total: newest.added, newest: newest.sorted(), ...labels }
}

type MembersPage = Answer<readonly StoreRow<IdentityMemberRow>[]>

/** @param identity null: of all identities */
function scanMembers(
  query: QueryPort,
  identity: string | null,
  bounds: QueryBounds,
  after: ByteString | undefined,
): Promise<MembersPage> {
  return query.scan<IdentityMemberRow>(identityMembersStore, {
    partitionKey: identity,
    prefix: identity === null ? '' : toByteString(identity) + KEY_SEPARATOR,
    limit: SCAN_ROWS,
    bounds,
    ...(after === undefined ? {} : { after }),
  })
}

/** One identity, folded page by page; null: it has no member. */
export async function readIdentity(
  query: QueryPort,
  identity: string,
  bounds: QueryBounds,
): Promise<Answer<IdentitySummary | null>> {
  let summary: IdentitySummary | null = null
  let labels = NO_LABELS
  let after: ByteString | undefined
  for (;;) {
    const page: MembersPage = await scanMembers(query, identity, bounds, after)
    labels = joined(labels, page)
    for (const [, row] of page.value) {
      if (summary === null) summary = summaryOf(identity, row)
      else addMember(summary, row)
    }
    if (page.value.length < SCAN_ROWS) return { value: summary, ...labels }
    after = page.value.at(-1)![0]
  }
}

function summaryOf(identity: string, row: IdentityMemberRow): IdentitySummary {
  return { identity, firstSeen: row.firstSeen, updatedTs: row.updatedTs, members: 1 }
}

function addMember(summary: IdentitySummary, row: IdentityMemberRow): void {
  summary.firstSeen = Math.min(summary.firstSeen, row.firstSeen)
  summary.updatedTs = Math.max(summary.updatedTs, row.updatedTs)
  summary.members += 1
}

/** Keeps the newest by sorting now and then: a buffer of twice as many is cut in half. */
class NewestIdentities {
  added = 0
  private kept: IdentitySummary[] = []

  add(summary: IdentitySummary): void {
    this.added += 1
    this.kept.push(summary)
    if (this.kept.length >= 2 * LISTED_MAX) this.kept = this.sorted()
  }

  sorted(): IdentitySummary[] {
    return this.kept.sort(newestFirst).slice(0, LISTED_MAX)
  }
}

function newestFirst(a: IdentitySummary, b: IdentitySummary): number {
  return b.updatedTs - a.updatedTs || (a.identity < b.identity ? -1 : 1)
}
