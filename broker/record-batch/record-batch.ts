import type { RawRecord } from './record.ts'

/** A record batch of format v2 as it lies in the log. */
export interface RecordBatch {
  /** The whole batch, header included. */
  readonly buffer: Buffer
  readonly baseOffset: number
  readonly lastOffset: number
  readonly recordCount: number
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  /** True: every record's time is `maxTimestampMs`, the broker's clock at append. */
  readonly isLogAppendTime: boolean
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  /** Calls `each` for every record in offset order; the record may be kept. */
  forEach(each: (record: RawRecord) => void): void
}
