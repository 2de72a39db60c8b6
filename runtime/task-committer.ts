import type { Clock } from '../broker/clock.ts'
import { StaleGenerationError, UnknownOutcomeError } from '../broker/errors.ts'
import type {
  Ack,
  CommittedOffset,
  GroupMetadata,
  PartitionRecords,
  Transaction,
} from '../broker/port.ts'
import type { ChangelogPosition, TaskState } from '../state/task-state.ts'
import type { CrashProbe } from './crash-probe.ts'
import { TaskMigratedError } from './errors.ts'
import type { OutputCollector } from './output-collector.ts'
import type { Changelog } from './changelog.ts'

/** What the committer asks of the task's group membership. */
export interface Membership {
  metadata(): GroupMetadata | null
  nextGeneration(stale: GroupMetadata): Promise<GroupMetadata | null>
  committed(
    partitions: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<CommittedOffset[]>
}

export interface CommitterOptions {
  readonly taskId: string
  readonly partition: number
  readonly transaction: Transaction
  readonly membership: Membership
  readonly state: TaskState
  readonly collector: OutputCollector
  readonly changelogs: readonly Changelog[]
  readonly clock: Clock
  readonly probe: CrashProbe | undefined
}

/** A commit under way. */
interface Commit {
  readonly offsets: readonly CommittedOffset[]
  /** Records in the last batch of each topic. */
  readonly lastCounts: ReadonlyMap<string, number>
  readonly startedMs: number
  acks: readonly Ack[]
}

/**
 * Steps 3 (its end) to 5 of the commit order: everything a task did since the last commit becomes
 * visible at once or not at all.
 *
 * C1. Between `commit` being called and its promise settling the task may process on: writes go
 *     to the open layer and a fresh collector, and nothing of them is sent.
 * C2. Only one commit is under way.
 * C3. A commit that threw may have happened all the same. Until the producer is fenced anew and
 *     the committed offsets are read (KIP-447, stable), which are the verdict, the store keeps both
 *     layers: nothing that was committed is dropped, and nothing is wiped.
 */
export class TaskCommitter {
  readonly #options: CommitterOptions
  #positions: Map<string, ChangelogPosition>
  /** Begun, and neither known to have happened nor known not to have. */
  #undecided: Commit | null = null

  /** @param positions where each store's changelog stands after restore */
  constructor(options: CommitterOptions, positions: ReadonlyMap<string, ChangelogPosition>) {
    this.#options = options
    this.#positions = new Map(positions)
  }

  /**
   * @param offsets next offsets of the inputs, with metadata that no commit before had
   * @throws {BrokerError} not known to be committed: the caller fences, reads the committed offsets
   *   and calls `settle` before it drops anything
   * @throws {TaskMigratedError} the group has no place for this task now
   */
  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    const { clock, collector, membership, partition, probe, state, taskId, transaction } =
      this.#options
    const nowMs = clock.now()
    const topics = new Map(this.#options.changelogs.map((c) => [c.store, c.topic.name]))
    state.beginCommit((store, key, value) => {
      collector.sendState(topics.get(store)!, partition, key, value, nowMs)
    })
    const records = collector.take()
    const commit: Commit = { offsets, lastCounts: lastCountOf(records), startedMs: nowMs, acks: [] }
    this.#undecided = commit
    try {
      if (records.length > 0) commit.acks = await transaction.send(records)
      await probe?.('3-after-send', taskId)
      await this.#sendOffsets(offsets)
      await probe?.('4-before-commit', taskId)
      await transaction.commit()
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) throw error
      await transaction.init()
      if (!holds(await membership.committed(offsets), offsets)) throw error
    }
    await probe?.('4-after-commit', taskId)
    this.#succeeded(commit)
    await probe?.('5-after-committed', taskId)
  }

  /**
   * Decides on a commit that threw.
   * @param committed the task's offsets, read after its producer was fenced anew
   */
  settle(committed: readonly CommittedOffset[]): void {
    const commit = this.#undecided
    if (commit !== null && holds(committed, commit.offsets)) this.#succeeded(commit)
    this.#undecided = null
  }

  #succeeded(commit: Commit): void {
    this.#undecided = null
    this.#advance(commit)
    this.#options.state.commitSucceeded(this.#positions)
  }

  /** A rebalance may come between; the task is still ours until the instance gives it back. */
  async #sendOffsets(offsets: readonly CommittedOffset[]): Promise<void> {
    const { membership, taskId, transaction } = this.#options
    let group = membership.metadata()
    while (group !== null) {
      try {
        await transaction.sendOffsets(offsets, group)
        return
      } catch (error) {
        if (!(error instanceof StaleGenerationError)) throw error
      }
      group = await membership.nextGeneration(group)
    }
    throw new TaskMigratedError(`task ${taskId}: the group membership is lost`)
  }

  /** Positions after the commit: past the last record of each changelog. */
  #advance({ acks, lastCounts, startedMs }: Commit): void {
    for (const { store, topic } of this.#options.changelogs) {
      let offset = this.#positions.get(store)?.offset ?? 0
      const bases = acks.filter((ack) => ack.topic === topic.name).map((ack) => ack.baseOffset)
      if (bases.length > 0) offset = Math.max(...bases) + lastCounts.get(topic.name)!
      // The time is renewed for idle stores too: it says until when tombstones cannot be missed.
      this.#positions.set(store, {
        topicId: topic.topicId,
        partition: this.#options.partition,
        offset,
        brokerTimeMs: startedMs,
      })
    }
  }
}

/** The metadata counts too: a commit of a punctuation moves no offset. */
function holds(committed: readonly CommittedOffset[], wanted: readonly CommittedOffset[]): boolean {
  return wanted.every(({ metadata, offset, partition, topic }) =>
    committed.some(
      (found) =>
        found.topic === topic &&
        found.partition === partition &&
        found.offset === offset &&
        found.metadata === metadata,
    ),
  )
}

/** Records in the last batch of each topic; taken before sending, which spends the batches. */
function lastCountOf(records: readonly PartitionRecords[]): Map<string, number> {
  return new Map(records.map((batch) => [batch.topic, batch.records.count]))
}
