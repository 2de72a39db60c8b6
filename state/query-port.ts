import type { ByteString } from '../bytes/byte-string.ts'

/**
 * The read side: what the API may ask of stores, tasks and the log.
 *
 * Q1. Values are committed ones: never what may still be aborted.
 * Q2. Every answer names the positions it is true for and how far they lie behind the inputs: it
 *     holds all that comes before them, and perhaps a little more.
 * Q3. Where a task runs makes no difference: the answer comes from its owner, else from a standby
 *     and then says so; nobody to answer gives {@link StoreNotReadyError}.
 * Q4. An answer that would break a bound that was asked for is not given.
 */
export interface QueryPort {
  stores(): readonly StoreDescription[]
  /**
   * @param partitionKey the key whose murmur2 names the task (the store's co-partitioning key)
   * @throws {UnknownStoreError} no store of that name
   * @throws {StoreNotReadyError} nobody that has the task answers now: HTTP 503
   * @throws {BehindBoundError} whoever answers is behind the bounds: HTTP 503
   * @throws {InvalidBoundError} a position that the store does not follow from: HTTP 400
   */
  get<V>(
    store: string,
    partitionKey: string,
    key: ByteString,
    bounds?: QueryBounds,
  ): Promise<Answer<V | undefined>>
  /**
   * Rows whose key starts with `prefix`, in key order, consistent within each task. Of all tasks:
   * those that did not answer in time are `missing`.
   * @throws as `get`; StoreNotReadyError only when no task at all answers
   */
  scan<V>(store: string, options: ScanOptions): Promise<Answer<readonly StoreRow<V>[]>>
  /** The tasks of this instance, standbys too. */
  tasks(): readonly TaskStatus[]
  /** The instances that have tasks, as of the newest assignment; empty before the first. */
  instances(): readonly InstanceDescription[]
}

/** How fresh an answer must be; what is not asked for is not bounded. */
export interface QueryBounds {
  /** Input records of a task that the answer may lack. */
  readonly lagMax?: number
  /**
   * Records that must have had their effect on the answer: all before these offsets. Topics may
   * lie upstream of the store's task; the effect is then awaited through the topics between.
   */
  readonly positionMin?: readonly InputPosition[]
}

/** A place in an input; `offset` is the next one, exclusive. */
export interface InputPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export type StoreRow<V> = readonly [key: ByteString, value: V]

export interface ScanOptions {
  /** Null: every task, rows merged in key order. */
  readonly partitionKey: string | null
  readonly prefix: ByteString
  /** Exclusive start, for paging. */
  readonly after?: ByteString
  readonly limit: number
  readonly bounds?: QueryBounds
}

export interface StorePosition {
  readonly taskId: string
  /** Input positions (next offsets) whose effects the answer holds. */
  readonly inputs: readonly InputPosition[]
  /** Records of the inputs not yet processed and committed. */
  readonly lag: number
}

export type TaskRole = 'active' | 'standby'

/** A position, and whose it is. */
export interface LabelledPosition extends StorePosition {
  readonly role: TaskRole
  /** True: not from a running owner, so the owner may be further. */
  readonly stale: boolean
  /** How long ago the position was known to be current, in milliseconds; 0 from an owner. */
  readonly stalenessMs: number
}

export interface Answer<T> {
  readonly value: T
  readonly positions: readonly LabelledPosition[]
  /** Partitions that the answer lacks; only lists over all tasks have any. */
  readonly missing: readonly MissingPartition[]
}

export interface MissingPartition {
  readonly subTopology: number
  readonly partition: number
  readonly reason: string
}

export interface InstanceDescription {
  readonly memberId: string
  /** Where it is reached; null: it did not say. */
  readonly endpoint: string | null
  readonly isSelf: boolean
  /** Ids of the tasks it owns. */
  readonly active: readonly string[]
  readonly standby: readonly string[]
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

/** Of a standby, `lag` counts the changelog records that it has not applied. */
export interface TaskStatus extends LabelledPosition {
  readonly state: string
  readonly restore: RestoreProgress | null
}

/** Appends to input topics. */
export interface IngestPort {
  /**
   * Resolves when the records are durable in the log.
   * @returns per partition written, the offset after the last of them: as `positionMin` it asks for
   *   an answer that holds their effect
   */
  append(topic: string, records: readonly IngestRecord[]): Promise<readonly InputPosition[]>
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
