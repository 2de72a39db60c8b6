import type { TopicConfig } from '../port.ts'

/**
 * Values of the metadata rows: JSON, because they are written once a commit at most, and a person
 * who looks into a damaged log can read them. Batches are stored as they are.
 */
export interface TopicRow {
  readonly number: number
  readonly topicId: string
  readonly partitions: number
  readonly config: Required<TopicConfig>
}

export interface PartitionRow {
  readonly logStartOffset: number
  /** Everything before it was compacted. */
  readonly cleanedOffset: number
}

export interface SegmentRow {
  readonly lastOffset: number
  readonly maxTimestampMs: number
  readonly sizeBytes: number
  /** Broker's clock at the last append. */
  readonly appendedAtMs: number
}

export interface AbortRow {
  /** A bigint in decimal. */
  readonly producerId: string
  readonly firstOffset: number
}

export interface TransactionRow {
  /** A bigint in decimal. */
  readonly producerId: string
  readonly producerEpoch: number
  readonly timeoutMs: number
  /** Data of an open transaction that was written before its end. */
  readonly open: readonly OpenPartitionRow[]
}

export interface OpenPartitionRow {
  readonly topic: number
  readonly partition: number
  readonly firstOffset: number
}

export interface GroupOffsetRow {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly metadata: string
}

export function encodeRow(row: object): Buffer {
  return Buffer.from(JSON.stringify(row))
}

/** Rows of a family have one type; the key says which. */
export function decodeRow(value: Buffer): unknown {
  return JSON.parse(value.toString())
}
