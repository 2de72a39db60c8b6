import type { ByteString } from '../bytes/byte-string.ts'
import type { QueryPort, StoreRow } from '../state/query-port.ts'
import { boundsOf, type BoundsQuery } from './query-bounds.ts'
import type { Labels } from './response-meta.ts'
import { cursorOf, keyOfCursor } from './page-cursor.ts'

export interface PageRequest extends BoundsQuery {
  readonly partitionKey: string | null
  readonly prefix: ByteString
  readonly limit: number
  /** Cursor of the page before. */
  readonly after?: string
}

export interface Page<V> extends Labels {
  readonly rows: readonly StoreRow<V>[]
  /** Null: no row follows. */
  readonly next: string | null
}

/**
 * Reads a page of a store in key order; one row more is read to know whether another follows.
 * @throws {ApiError} INVALID_CURSOR
 */
export async function readPage<V>(
  query: QueryPort,
  store: string,
  { partitionKey, prefix, limit, after, ...bounds }: PageRequest,
): Promise<Page<V>> {
  const answer = await query.scan<V>(store, {
    partitionKey,
    prefix,
    limit: limit + 1,
    bounds: boundsOf(bounds),
    ...(after === undefined ? {} : { after: keyOfCursor(after, prefix) }),
  })
  const { missing, positions, value } = answer
  const rows = value.slice(0, limit)
  const next = value.length > limit ? cursorOf(rows.at(-1)![0]) : null
  return { rows, next, positions, missing }
}
