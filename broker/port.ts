import type { RawRecord } from './record-batch/record.ts'
import type { RecordBatch } from './record-batch/record-batch.ts'
import type { BatchBuilder } from './record-batch/batch-builder.ts'

/**
 * The broker port: what the runtime may ask of a log, and no more.
 *
 * Bytes in, bytes out. Two homes implement it: `embedded/` (in process, on RocksDB) and, behind
 * Kafka, `kafka/`. One conformance suite runs on both and asserts only what Apache Kafka promises.
 *
 * P1. Offsets are safe integers ≥ 0; ranges are half open: "next offset" is the first not taken.
 * P2. Offsets in a partition grow but need not be dense: control batches, aborted and compacted
 *     records leave gaps. Nobody may compute "last offset + 1" from records.
 * P3. Errors are `BrokerError`s whose class names who must act (see errors.ts).
 */

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface TopicConfig {
  readonly cleanupPolicy?: 'delete' | 'compact' | 'compact,delete'
  /** −1: never by time. @default −1 */
  readonly retentionMs?: number
  /** Per partition; −1: never by size. @default −1 */
  readonly retentionBytes?: number
  /** The stamp of a record: its producer's, or the broker's clock at append. @default create-time */
  readonly timestampType?: 'create-time' | 'log-append-time'
  /** Largest batch accepted. @default 1048588 */
  readonly maxMessageBytes?: number
}

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly config?: TopicConfig
}

export interface TopicDescription {
  readonly name: string
  /** Changes when a topic is deleted and created again under the same name. */
  readonly topicId: string
  readonly partitions: number
  readonly config: Required<TopicConfig>
}

export type Isolation = 'read_committed' | 'read_uncommitted'

/** 'latest' is the high watermark, or the last stable offset under read_committed. */
export type OffsetSpec = 'earliest' | 'latest' | { readonly timestampMs: number }

export interface PartitionOffset extends TopicPartition {
  readonly offset: number
}

export interface CommittedOffset extends PartitionOffset {
  /** At most 4,096 bytes of UTF-8. */
  readonly metadata: string
}

/** Records for one partition; a builder is spent by `send` and must not be touched after. */
export interface PartitionRecords extends TopicPartition {
  readonly records: BatchBuilder
}

/** One per partition sent, not necessarily in the order of the request. */
export interface Ack extends TopicPartition {
  readonly baseOffset: number
  /** The stamp given by a log-append-time topic, else −1. */
  readonly logAppendTimeMs: number
}

export interface Broker {
  /** @param names absent: all topics. Unknown names are absent from the answer. */
  describeTopics(names?: readonly string[]): Promise<TopicDescription[]>
  /** @throws {TopicExistsError} nothing is created when one of them exists */
  createTopics(specs: readonly TopicSpec[]): Promise<void>
  deleteTopics(names: readonly string[]): Promise<void>
  /**
   * Raises the log start to `offset`; what lies before is gone.
   *
   * @throws {InvalidTopicError} the topic is compacted and not trimmed
   */
  deleteRecords(before: readonly PartitionOffset[]): Promise<void>
  /**
   * For a time: the first record at or after it; when none is, the answer is 'latest'.
   *
   * @param isolation of 'latest'. @default read_uncommitted
   */
  listOffsets(
    partitions: readonly TopicPartition[],
    spec: OffsetSpec,
    isolation?: Isolation,
  ): Promise<PartitionOffset[]>

  /** An idempotent producer without transactions. */
  producer(): Producer
  /** The transactional producer of one id; `init` must be called before anything else. */
  transaction(transactionalId: string, options?: TransactionOptions): Transaction
  fetcher(options?: FetcherOptions): Fetcher
  /** Joins a consumer group; resolves when the first assignment has been handed over. */
  group(options: GroupOptions): Group
  groupAdmin(groupId: string): GroupAdmin

  /** Idempotent; waits for calls under way. */
  close(): Promise<void>
}

export interface Producer {
  /** Resolves when every partition acknowledged durably. @throws on the first that failed */
  send(records: readonly PartitionRecords[]): Promise<Ack[]>
  close(): Promise<void>
}

export interface TransactionOptions {
  /** The broker aborts a transaction open for longer. @default 60000 */
  readonly timeoutMs?: number
}

/** What fences a zombie by group membership (KIP-447). */
export interface GroupMetadata {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
}

/**
 * A transactional producer (KIP-98, KIP-890).
 *
 * T1. `init` fences every earlier holder of the id and aborts what it left open.
 * T2. After `FencedError` the object is dead: the task has moved.
 * T3. After `UnknownOutcomeError` from `commit` only `init` may follow; the committed offset then
 *     tells whether it took effect.
 * T4. The first send begins a transaction; commit or abort without one is a no-op.
 */
export interface Transaction {
  init(): Promise<void>
  send(records: readonly PartitionRecords[]): Promise<Ack[]>
  /**
   * @throws {StaleGenerationError} the group has moved on: send again with the next generation
   * @throws {FencedError} the member is none any more
   */
  sendOffsets(offsets: readonly CommittedOffset[], group: GroupMetadata): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
  close(): Promise<void>
}

export interface FetcherOptions {
  /** @default read_committed */
  readonly isolation?: Isolation
  /** Bytes of batches asked for per partition and fetch; one batch is always returned whole. */
  readonly partitionBytesMax?: number
}

/**
 * A stretch of one partition's log; batches are data batches the isolation level may see.
 *
 * The first may begin before the position; its `forEach` starts there.
 */
export interface Fetched extends TopicPartition {
  readonly batches: readonly RecordBatch[]
  /** Where the next fetch starts: past control, aborted and empty batches too. */
  readonly nextOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
}

/**
 * The asked offset is not in the log: never a silent reset (the runtime decides).
 *
 * Said once; the partition is then silent until `assign` moves it.
 */
export interface OutOfRange extends TopicPartition {
  readonly offset: number
  readonly logStartOffset: number
  readonly highWatermark: number
}

export interface PollResult {
  readonly fetched: readonly Fetched[]
  readonly outOfRange: readonly OutOfRange[]
}

export interface Fetcher {
  /** Adds partitions, or moves those already assigned to the offset. */
  assign(positions: readonly PartitionOffset[]): void
  unassign(partitions: readonly TopicPartition[]): void
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /**
   * Resolves when an assigned partition that is not paused has something to say (data, a moved
   * position, out of range), or with an empty result after `maxWaitMs`, or when closed meanwhile.
   * @throws {FatalBrokerError} called after `close`
   */
  poll(maxWaitMs: number): Promise<PollResult>
  close(): Promise<void>
}

export interface GroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  /** What the member gave as `subscription`. */
  readonly subscription: Buffer
}

export interface GroupOptions {
  readonly groupId: string
  readonly instanceId?: string
  /** Bytes every member publishes at each join, read by the leader's `assign`. */
  subscription(): Buffer
  /** Run by the leader: assignment bytes per member id. Must be a pure function. */
  assign(members: readonly GroupMember[]): Map<string, Buffer>
  /**
   * A new generation begins; awaited before the next one is entered, heartbeats go on meanwhile.
   *
   * Cooperative (KIP-429): what both assignments hold goes on undisturbed; what the new one lacks
   * is given back here (committing with `metadata` counts), and `rejoin` tells the group that it
   * is free. What it adds may be started at once: nobody else has it.
   */
  onAssigned(assignment: Buffer, metadata: GroupMetadata): Promise<void>
  /** The member was evicted: what it owned may already run elsewhere. Do not commit. */
  onLost(): Promise<void>
  /**
   * The membership ended for good, after `join` had resolved, and not by `leave`: another process
   * took the instance id, the broker refuses the group, or a callback threw. Called once.
   */
  onFailed?(error: Error): void
  /** @default 45000 */
  readonly sessionTimeoutMs?: number
  /** @default 3000 */
  readonly heartbeatIntervalMs?: number
  /** How long a rebalance waits for a member to join again. @default 60000 */
  readonly rebalanceTimeoutMs?: number
}

/**
 * One member of a group.
 *
 * M1. A rebalance does not stop it: it joins again while what it owns goes on, and commits with
 *     the generation that it was in, then with the new one.
 * M2. At any time the owner of a thing is one member at most, if the leader's `assign` gives
 *     nobody what another still holds (see GroupOptions.onAssigned).
 */
export interface Group {
  /** Joins; resolves after the first `onAssigned`, or without one when `leave` comes before it. */
  join(): Promise<void>
  /** The newest generation entered; null before the first and while out of the group. */
  metadata(): GroupMetadata | null
  /**
   * Resolves with the generation that follows `stale`, at once when there is one already; with
   * null when the membership is lost or ended. For commits that met {@link StaleGenerationError}.
   */
  nextGeneration(stale: GroupMetadata): Promise<GroupMetadata | null>
  /** Asks for a rebalance, in which `subscription` is published anew. */
  rejoin(): void
  /** Asks the coordinator now; throws {@link FencedError} when the membership is gone. */
  confirm(): Promise<void>
  /** The group's committed offsets; waits for open transactions over them (KIP-447, stable). */
  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]>
  /**
   * Commits without a transaction (at least once).
   * @throws {FencedError} the membership is gone
   * @throws {StaleGenerationError} a rebalance came between: see `nextGeneration`
   */
  commit(offsets: readonly CommittedOffset[]): Promise<void>
  /**
   * Ends the membership; what is owned must have been given back before. A member with an
   * instance id keeps its seat until its session times out, so that it may return without a
   * rebalance (KIP-345).
   */
  leave(): Promise<void>
}

export interface GroupAdmin {
  members(): Promise<{ memberId: string; instanceId: string | null }[]>
  committed(): Promise<CommittedOffset[]>
  /** @throws {GroupNotEmptyError} while a member is alive */
  alterOffsets(offsets: readonly CommittedOffset[]): Promise<void>
  /** @throws {GroupNotEmptyError} while a member is alive */
  deleteOffsets(partitions: readonly TopicPartition[]): Promise<void>
}

export type { RawRecord, RecordBatch, BatchBuilder }
