import type { ByteString } from '../bytes/byte-string.ts'
import type { QueryBounds, QueryPort, StoreRow } from '../state/query-port.ts'
import { joined, NO_LABELS, type Labels } from './response-meta.ts'

const PAGE_ROWS = 4096

export interface CursorRange {
  /** Null: of all tasks. */
  readonly partitionKey: string | null
  readonly prefix: ByteString
}

/**
 * Walks rows of a store in key order, holding one page of them. `row` is known after `arrive`,
 * which waits only where a page ends: a fold of a million rows is not a million promises.
 */
export class StoreCursor<V> {
  /** Of all pages read so far. */
  labels: Labels = NO_LABELS
  private readonly query: QueryPort
  private readonly store: string
  private readonly range: CursorRange
  private readonly bounds: QueryBounds
  private rows: readonly StoreRow<V>[] = []
  private at = 0
  private hasMore = true

  constructor(query: QueryPort, store: string, range: CursorRange, bounds: QueryBounds) {
    this.query = query
    this.store = store
    this.range = range
    this.bounds = bounds
  }

  /** Undefined: no row is left, or `arrive` was not awaited. */
  get row(): StoreRow<V> | undefined {
    return this.rows[this.at]
  }

  get mustArrive(): boolean {
    return this.at === this.rows.length && this.hasMore
  }

  advance(): void {
    this.at += 1
  }

  /** @throws as `scan` of the port */
  async arrive(): Promise<void> {
    if (!this.mustArrive) return
    const after = this.rows.at(-1)?.[0]
    const page = await this.query.scan<V>(this.store, {
      ...this.range,
      limit: PAGE_ROWS,
      bounds: this.bounds,
      ...(after === undefined ? {} : { after }),
    })
    this.labels = joined(this.labels, page)
    this.rows = page.value
    this.at = 0
    this.hasMore = page.value.length === PAGE_ROWS
  }
}
