/** A header of a record; a null value is allowed by the format. */
export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/**
 * One record inside a fetched batch, as ranges of the batch's buffer: nothing is copied.
 *
 * Ranges are half open. `keyStart` or `valueStart` −1 means null (a null value is a tombstone).
 * Keeping a record keeps its whole batch in memory.
 */
export interface RawRecord {
  readonly buffer: Buffer
  readonly offset: number
  /** Milliseconds since the epoch. */
  readonly timestampMs: number
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueStart: number
  readonly valueEnd: number
  /** Where the header block (count, then headers) starts. */
  readonly headersStart: number
}
