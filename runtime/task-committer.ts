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

/**
 * Steps 3 (its end) to 5 of the commit order: everything a task did since the last commit becomes
 * visible at once or not at all.
 *
 * C1. Between `commit` being called and its promise settling the task may process on: writes go
 *     to the open layer and a fresh collector, and nothing of them is sent.
 * C2. Only one commit is under way.
 * C3. After an unknown outcome the producer is fenced anew and the committed offsets are the
 *     verdict (KIP-447 stable read); the store still knows both layers, so nothing is wiped.
 */
export class TaskCommitter {
  readonly #options: CommitterOptions
  #positions: Map<string, ChangelogPosition>

  /** @param positions where each store's changelog stands after restore */
  constructor(options: CommitterOptions, positions: ReadonlyMap<string, ChangelogPosition>) {
    this.#options = options
    this.#positions = new Map(positions)
  }

  /**
   * @param offsets next offsets of the inputs, with metadata
   * @throws {BrokerError} not committed: the caller rewinds to the committed offsets
   * @throws {TaskMigratedError} the group has no place for this task now
   */
  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    const { clock, collector, partition, probe, state, taskId, transaction } = this.#options
    const nowMs = clock.now()
    const topics = new Map(this.#options.changelogs.map((c) => [c.store, c.topic.name]))
    state.beginCommit((store, key, value) => {
      collector.sendState(topics.get(store)!, partition, key, value, nowMs)
    })
    const records = collector.take()
    const lastCounts = lastCountOf(records)
    let acks: Ack[] = []
    try {
      if (records.length > 0) acks = await transaction.send(records)
      await probe?.('3-after-send', taskId)
      await this.#sendOffsets(offsets)
      await probe?.('4-before-commit', taskId)
      await transaction.commit()
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) throw error
      if (!(await this.#tookEffect(offsets))) throw error
    }
    await probe?.('4-after-commit', taskId)
    this.#advance(lastCounts, acks, nowMs)
    state.commitSucceeded(this.#positions)
    await probe?.('5-after-committed', taskId)
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

  /** Step 1 again, then the committed offsets say whether the lost commit happened. */
  async #tookEffect(offsets: readonly CommittedOffset[]): Promise<boolean> {
    const { membership, transaction } = this.#options
    await transaction.init()
    const committed = await membership.committed(offsets)
    return offsets.every((wanted) =>
      committed.some(
        (found) =>
          found.topic === wanted.topic &&
          found.partition === wanted.partition &&
          found.offset === wanted.offset,
      ),
    )
  }

  /** Positions after the commit: past the last record of each changelog. */
  #advance(lastCounts: ReadonlyMap<string, number>, acks: readonly Ack[], nowMs: number): void {
    for (const { store, topic } of this.#options.changelogs) {
      let offset = this.#positions.get(store)?.offset ?? 0
      const bases = acks.filter((ack) => ack.topic === topic.name).map((ack) => ack.baseOffset)
      if (bases.length > 0) offset = Math.max(...bases) + lastCounts.get(topic.name)!
      // The time is renewed for idle stores too: it says until when tombstones cannot be missed.
      this.#positions.set(store, {
        topicId: topic.topicId,
        partition: this.#options.partition,
        offset,
        brokerTimeMs: nowMs,
      })
    }
  }
}

/** Records in the last batch of each topic; taken before sending, which spends the batches. */
function lastCountOf(records: readonly PartitionRecords[]): Map<string, number> {
  return new Map(records.map((batch) => [batch.topic, batch.records.count]))
}
