import type { ByteString } from '../bytes/byte-string.ts'

/**
 * The read side: what the API may ask of stores, tasks and the log.
 *
 * Q1. Values are committed ones: never what may still be aborted.
 * Q2. Every answer names the position it is true for and how far that lies behind the inputs.
 * Q3. A task that is not running gives {@link StoreNotReadyError}, never a stale value unlabelled.
 */
export interface QueryPort {
  stores(): readonly StoreDescription[]
  /**
   * @param partitionKey the key whose murmur2 names the task (the store's co-partitioning key)
   * @throws {UnknownStoreError} no store of that name
   * @throws {StoreNotReadyError} the owning task is restoring or not here: HTTP 503
   */
  get<V>(store: string, partitionKey: string, key: ByteString): Promise<Answer<V | undefined>>
  /** Rows whose key starts with `prefix`, in key order, consistent within each task. */
  scan<V>(store: string, options: ScanOptions): Promise<Answer<readonly StoreRow<V>[]>>
  tasks(): readonly TaskStatus[]
}

export type StoreRow<V> = readonly [key: ByteString, value: V]

export interface ScanOptions {
  /** Null: every task, rows merged in key order. */
  readonly partitionKey: string | null
  readonly prefix: ByteString
  /** Exclusive start, for paging. */
  readonly after?: ByteString
  readonly limit: number
}

export interface StorePosition {
  readonly taskId: string
  /** Input positions (next offsets) whose effects the answer holds. */
  readonly inputs: readonly {
    readonly topic: string
    readonly partition: number
    readonly offset: number
  }[]
  /** Records of the inputs not yet processed and committed. */
  readonly lag: number
}

export interface Answer<T> {
  readonly value: T
  readonly positions: readonly StorePosition[]
}

export interface StoreDescription {
  readonly name: string
  readonly subTopology: number
  readonly changelogTopic: string
  readonly partitions: number
  /** Rows to JSON for the store routes. */
  readonly toJson: (key: ByteString, value: unknown) => unknown
}

export interface RestoreProgress {
  readonly restoredRecords: number
  readonly totalRecords: number
  readonly recordsPerSecond: number
  /** Milliseconds; null before a rate is known. */
  readonly remainingMs: number | null
}

export interface TaskStatus extends StorePosition {
  readonly state: string
  readonly restore: RestoreProgress | null
}

/** Appends to input topics; resolves when durable in the log. */
export interface IngestPort {
  append(topic: string, records: readonly IngestRecord[]): Promise<void>
}

export interface IngestRecord {
  readonly key: string
  readonly value: Buffer
  readonly timestampMs: number
}

/** Committed records of the topics that people watch, as they appear. */
export interface EventFeed {
  /** @returns a function that ends the subscription */
  subscribe(topics: readonly string[], listener: (event: FeedEvent) => void): () => void
}

export interface FeedEvent {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  /** The decoded record. */
  readonly value: unknown
}
