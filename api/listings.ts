import { StoreNotReadyError } from '../state/errors.ts'
import type { LabelledPosition, QueryBounds } from '../state/query-port.ts'
import { hasBounds } from './query-bounds.ts'
import type { Labels } from './response-meta.ts'

/** What is listed by time of update. */
export interface Listed {
  readonly id: string
  /** Epoch seconds. */
  readonly updatedTs: number
}

export interface Listing<T extends Listed> extends Labels {
  readonly total: number
  /** The newest {@link LISTED_MAX}, newest update first; equal times by id. */
  readonly newest: readonly T[]
}

/** Reach of `offset` + `limit` in a listing. */
export const LISTED_MAX = 11_000
/** A listing that took so long to make is served again for ten times as long. */
const CHEAP_MS = 25
const REUSE_FACTOR = 10

/**
 * Lists by time of update, an order that no store has.
 *
 * L1. A listing is folded from whole stores and keeps the newest {@link LISTED_MAX}: memory does
 *     not grow with the stores.
 * L2. One fold at a time, shared by those who ask meanwhile; a costly one is served again for ten
 *     times what it took, so listing takes a tenth of the process at most, however often asked.
 * L3. Its labels are those of all pages together; a list that is served again says how old it is.
 * L4. A list for which bounds are asked is made anew or not given: what was made before is not
 *     known to keep them.
 */
export class Listings<T extends Listed> {
  private readonly fold: (bounds: QueryBounds) => Promise<Listing<T>>
  private readonly clock: () => number
  private running: Promise<Listing<T>> | null = null
  private kept: { readonly listing: Listing<T>; readonly startedMs: number } | null = null
  private keptUntilMs = 0

  /** @param clock milliseconds */
  constructor(fold: (bounds: QueryBounds) => Promise<Listing<T>>, clock: () => number) {
    this.fold = fold
    this.clock = clock
  }

  /** @throws {StoreNotReadyError} with bounds: the next list is not due yet (L2) */
  async current(bounds: QueryBounds = {}): Promise<Listing<T>> {
    if (!hasBounds(bounds)) return this.keptListing() ?? (await (this.running ?? this.run({})))
    while (this.running !== null) await this.running.catch(() => undefined)
    if (this.keptListing() !== null) {
      const retryAfterMs = this.keptUntilMs - this.clock()
      throw new StoreNotReadyError('the list was made a moment ago and is costly', { retryAfterMs })
    }
    return this.run(bounds)
  }

  private keptListing(): Listing<T> | null {
    if (this.kept === null) return null
    const nowMs = this.clock()
    if (nowMs < this.keptUntilMs) return aged(this.kept.listing, nowMs - this.kept.startedMs)
    this.kept = null
    return null
  }

  private run(bounds: QueryBounds): Promise<Listing<T>> {
    this.running = this.make(bounds).finally(() => {
      this.running = null
    })
    return this.running
  }

  private async make(bounds: QueryBounds): Promise<Listing<T>> {
    const startedMs = this.clock()
    const listing = await this.fold(bounds)
    const tookMs = this.clock() - startedMs
    if (tookMs > CHEAP_MS) {
      this.kept = { listing, startedMs }
      this.keptUntilMs = startedMs + tookMs * (1 + REUSE_FACTOR)
    }
    return listing
  }
}

function aged<T extends Listed>(listing: Listing<T>, ageMs: number): Listing<T> {
  const older = (each: LabelledPosition) => ({ ...each, stalenessMs: each.stalenessMs + ageMs })
  return { ...listing, positions: listing.positions.map(older) }
}

/** Keeps the newest by sorting now and then: a buffer of twice as many is cut in half. */
export class Newest<T extends Listed> {
  added = 0
  private kept: T[] = []

  add(item: T): void {
    this.added += 1
    this.kept.push(item)
    if (this.kept.length >= 2 * LISTED_MAX) this.kept = this.sorted()
  }

  sorted(): T[] {
    return this.kept.sort(newestFirst).slice(0, LISTED_MAX)
  }
}

function newestFirst(a: Listed, b: Listed): number {
  return b.updatedTs - a.updatedTs || (a.id < b.id ? -1 : 1)
}
