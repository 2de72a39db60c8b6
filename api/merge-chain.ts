import { toByteString } from '../bytes/byte-string.ts'
import type { Answer, QueryBounds, QueryPort } from '../state/query-port.ts'
import { joined, NO_LABELS, type Labels } from './response-meta.ts'

/** A row that may have been merged into another. */
export interface Mergeable {
  readonly mergedInto: string | null
}

export interface ChainEnd<Row> {
  readonly id: string
  /** Where the pointers go in a circle, or on for too long, it has one itself. */
  readonly row: Row
}

export interface Chain<Row> extends Labels {
  /** Null: a row is missing. */
  readonly end: ChainEnd<Row> | null
  /** Rows that were found. */
  readonly rows: number
}

/** Merges are soft: so many rows are read of a chain of pointers, and the last stands for its end. */
export const CHAIN_ROWS_MAX = 8

/** Follows what an id was merged into. */
export async function followMerges<Row extends Mergeable>(
  query: QueryPort,
  store: string,
  id: string,
  bounds: QueryBounds,
): Promise<Chain<Row>> {
  let labels = NO_LABELS
  let end: ChainEnd<Row> | null = null
  let next: string | null = id
  let rows = 0
  while (next !== null && rows < CHAIN_ROWS_MAX) {
    const answer: Answer<Row | undefined> = await query.get(store, next, toByteString(next), bounds)
    labels = joined(labels, answer)
    if (answer.value === undefined) return { end: null, rows, ...labels }
    rows += 1
    end = { id: next, row: answer.value }
    next = answer.value.mergedInto
  }
  return { end, rows, ...labels }
}
