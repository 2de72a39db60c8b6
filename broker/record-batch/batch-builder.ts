import type { RecordHeader } from './record.ts'

/** A point to roll back to; made by {@link BatchBuilder.mark}. */
export interface BatchMark {
  readonly position: number
  readonly count: number
  readonly maxTimestampMs: number
}

/**
 * Builds a v2 record batch by appending records to one growing buffer.
 *
 * Key and value are copied at once. Base offset 0; producer id, epoch, sequence and CRC are set
 * by whoever sends it.
 */
export interface BatchBuilder {
  readonly count: number
  /** Bytes of the batch so far, header included. */
  readonly sizeBytes: number
  append(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers?: readonly RecordHeader[],
  ): void
  mark(): BatchMark
  /** Drops every record appended since `mark`. */
  rollback(mark: BatchMark): void
}
