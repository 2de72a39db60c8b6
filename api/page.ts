import type { ByteString } from '../bytes/byte-string.ts'
import type { QueryPort, StorePosition, StoreRow } from '../state/query-port.ts'
import { cursorOf, keyOfCursor } from './page-cursor.ts'

export interface PageRequest {
  readonly partitionKey: string | null
  readonly prefix: ByteString
  readonly limit: number
  /** Cursor of the page before. */
  readonly after?: string
}

export interface Page<V> {
  readonly rows: readonly StoreRow<V>[]
  /** Null: no row follows. */
  readonly next: string | null
  readonly positions: readonly StorePosition[]
}

/**
 * Reads a page of a store in key order; one row more is read to know whether another follows.
 * @throws {ApiError} INVALID_CURSOR
 */
export async function readPage<V>(
  query: QueryPort,
  store: string,
  { partitionKey, prefix, limit, after }: PageRequest,
): Promise<Page<V>> {
  const answer = await query.scan<V>(store, {
    partitionKey,
    prefix,
    limit: limit + 1,
    ...(after === undefined ? {} : { after: keyOfCursor(after, prefix) }),
  })
  const rows = answer.value.slice(0, limit)
  const more = answer.value.length > limit
  return { rows, next: more ? cursorOf(rows.at(-1)![0]) : null, positions: answer.positions }
}
