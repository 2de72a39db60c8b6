import type { CommittedOffset, RawRecord, Transaction } from '../broker/port.ts'
import type { StorePosition } from '../state/query-port.ts'
import type { TaskState as TaskStores } from '../state/task-state.ts'
import { SubTopologyExecutor } from '../topology/executor.ts'
import { runBatch } from './batch-run.ts'
import { newestStreamTime } from './commit-metadata.ts'
import { committedInputs, offsetsToCommit, positionsOf } from './committed-inputs.ts'
import type { CrashProbe } from './crash-probe.ts'
import { DeadLetters } from './dead-letters.ts'
import { TaskCorruptedError } from './errors.ts'
import { deadLetterTopic, repartitionTopic } from './internal-topics.ts'
import { OutputCollector } from './output-collector.ts'
import { PartitionGroup } from './partition-group.ts'
import { RecordQueue } from './record-queue.ts'
import { StoreRestorer } from './store-restorer.ts'
import { TaskCommitter } from './task-committer.ts'
import type { TaskEnvironment, TaskPlan } from './task-environment.ts'
import { TaskInput, type TaskRecord } from './task-input.ts'
import { assertTransition, type TaskState } from './task-state-table.ts'
import { formatTaskId } from './task-id.ts'
import { subTopologyHash } from './topology-hash.ts'
import { WriterSchemas } from './writer-schemas.ts'

/**
 * A task: one partition of one sub-topology, with its stores, its producer and its position.
 *
 * T1. One transaction a commit carries outputs, changelogs, dead letters and input offsets.
 * T2. A commit is started only between batches, so offsets and effects always agree.
 * T3. After a failed commit the task stands where the committed offsets say, with the committed
 *     layer as its state: nothing is wiped, nothing is processed twice.
 */
export class StreamTask {
  readonly id: string
  readonly plan: TaskPlan
  readonly #env: TaskEnvironment
  readonly #hash: string
  readonly #transaction: Transaction
  readonly #collector: OutputCollector
  readonly #deadLetters: DeadLetters
  readonly #writerSchemas: WriterSchemas | null
  readonly #closing = new AbortController()
  #state: TaskState = 'created'
  #restorer: StoreRestorer | null = null
  #stores: TaskStores | null
  #group = new PartitionGroup([])
  #input: TaskInput | null = null
  #executor: SubTopologyExecutor | null = null
  #committer: TaskCommitter | null = null
  #committed: readonly CommittedOffset[] = []
  #processedRecords = 0
  /** Of the last batch, see {@link runBatch}. */
  batchBusyMs = 0

  /** @param stores of a standby of this task, still open; absent: they are opened */
  constructor(env: TaskEnvironment, plan: TaskPlan, stores: TaskStores | null = null) {
    this.id = formatTaskId(plan.id)
    this.plan = plan
    this.#env = env
    this.#stores = stores
    this.#hash = subTopologyHash(plan.subTopology)
    this.#transaction = env.writer(this.id)
    this.#collector = new OutputCollector(env.partitionCounts)
    const deadLetters = deadLetterTopic(env.applicationId)
    this.#deadLetters = new DeadLetters(this.#collector, deadLetters, this.id)
    const { clock, schemas } = env
    this.#writerSchemas =
      schemas === null ? null : new WriterSchemas({ taskId: this.id, clock, ...schemas })
  }

  get state(): TaskState {
    return this.#state
  }

  get queues(): readonly RecordQueue[] {
    return this.#group.queues
  }

  /** Null before the state directory is open. */
  get stores(): TaskStores | null {
    return this.#stores
  }

  /** What keeps a running task from its next record; null: nothing but the lack of one. */
  get waitingFor(): string | null {
    return this.#writerSchemas?.isWaiting === true ? 'the schema registry' : null
  }

  get processedRecords(): number {
    return this.#processedRecords
  }

  get deadLetterCount(): number {
    return this.#deadLetters.count
  }

  get restoreProgress() {
    return this.#restorer?.meter.progress(this.#env.clock.now()) ?? null
  }

  /** Records collected for the next commit. */
  get pendingRecords(): number {
    return this.#collector.recordCount
  }

  /** Bytes collected for the next commit. */
  get pendingBytes(): number {
    return this.#collector.sizeBytes
  }

  /** True when a commit would move something. */
  get isDirty(): boolean {
    if (this.#collector.recordCount > 0 || this.#stores?.hasUncommitted === true) return true
    return this.queues.some(({ nextOffset }, i) => nextOffset !== this.#committed[i]?.offset)
  }

  /**
   * Nothing comes of what was read any more unless more is read: wall-clock punctuations came after
   * it, and all is committed.
   */
  get isSettled(): boolean {
    return this.#executor?.isSettled === true && !this.isDirty
  }

  /** Input positions whose effects are committed, and how far they lie behind. */
  position(): StorePosition {
    return { taskId: this.id, inputs: positionsOf(this.#committed), lag: this.#group.lag }
  }

  /**
   * Steps 1 and 2 of the commit order: fence, read the committed offsets, restore. May be called
   * again after it threw.
   * @throws {FencedError} another instance took the task over meanwhile
   */
  async start(): Promise<void> {
    const { cacheBudget, directory } = this.#env
    this.#stores ??= await directory.open(this.id, this.plan.subTopology.stores, cacheBudget)
    await this.#fence()
    this.#enter('restoring')
    await this.#probe('2-before-restore')
    try {
      await this.#restore()
    } catch (error) {
      if (!(error instanceof TaskCorruptedError)) throw error
      this.#env.onWarning(error.message)
      await this.#stores.wipe()
      await this.#restore()
    }
    await this.#probe('2-after-restore')
    if (this.#closing.signal.aborted) return
    this.#committer = this.#newCommitter()
    this.#begin()
    this.#enter('running')
  }

  /**
   * Step 3: takes up to `recordsMax` records and processes them as one batch. One whose writer's
   * schema is yet to be loaded ends the batch; the next call loads it.
   * @returns records taken, undecodable ones included
   */
  async process(recordsMax: number): Promise<number> {
    const executor = this.#executor!
    const stores = this.#stores!
    const before = this.#deadLetters.count
    const records = await this.#take(recordsMax)
    for (const queue of this.#group.queues) this.#env.feed.relieve(queue)
    const undecodable = this.#deadLetters.count - before
    await this.#probe('3-before-process')
    const { clock } = this.#env
    const wallClockMs = clock.now()
    this.batchBusyMs = 0
    if (records.length > 0) {
      this.batchBusyMs = await runBatch({ executor, stores, records, clock, wallClockMs })
      await this.#probe('3-during-process')
    }
    while (executor.endBatch(wallClockMs).missed) await stores.fetchMissing()
    this.#processedRecords += records.length + undecodable
    return records.length + undecodable
  }

  /** Runs wall-clock punctuations that are due. */
  async punctuate(): Promise<void> {
    const executor = this.#executor!
    const wallClockMs = this.#env.clock.now()
    while (executor.punctuate(wallClockMs).missed) await this.#stores!.fetchMissing()
    while (executor.endBatch(wallClockMs).missed) await this.#stores!.fetchMissing()
  }

  /**
   * Steps 3 (end) to 5. Must be called between batches; the task may process on while it runs.
   * @throws see {@link TaskCommitter.commit}; call `rewind` after any error but fencing
   */
  async commit(): Promise<void> {
    const offsets = this.#offsets()
    await this.#committer!.commit(offsets)
    this.#committed = offsets
  }

  /** Step 6. May run while the task processes and commits. */
  async checkpoint(): Promise<void> {
    await this.#probe('6-before-checkpoint')
    await this.#stores!.checkpoint()
    await this.#probe('6-after-checkpoint')
  }

  /**
   * After a failed commit: drops what was not committed and stands at the committed offsets, which
   * are the verdict on it. May be called again after it threw.
   */
  async rewind(): Promise<void> {
    await this.#fence()
    this.#committer!.settle(this.#committed)
    this.#stores!.commitFailed()
    this.#collector.clear()
    this.#begin()
    this.#enter('running')
  }

  /** Ends a restore between two pages; the task can then only be closed. */
  interruptRestore(): void {
    if (this.#state !== 'running') this.#closing.abort()
  }

  /**
   * Closes the task. The caller commits before when it may; `clean` then also writes the
   * checkpoint, so that the next start has nothing to restore.
   * @throws {StateWriteError} no checkpoint: it is closed, and the next start restores more
   */
  async close(clean: boolean): Promise<void> {
    if (this.#state === 'closed' || this.#state === 'closing') return
    this.#closing.abort()
    this.#enter('closing')
    await this.#probe('closing')
    const stores = this.#stores
    try {
      if (!clean || this.#committer === null) stores?.commitFailed()
      else await stores?.checkpoint()
    } finally {
      await stores?.close()
      await this.#transaction.close()
      this.#enter('closed')
    }
  }

  async #take(recordsMax: number): Promise<TaskRecord[]> {
    const records = this.#input!.take(recordsMax)
    if (records.length > 0 || (await this.#writerSchemas?.load()) !== true) return records
    return this.#input!.take(recordsMax)
  }

  /** Step 1, and the committed offsets of step 2. */
  async #fence(): Promise<void> {
    if (this.#state !== 'fencing') this.#enter('fencing')
    await this.#probe('1-before-fence')
    await this.#transaction.init()
    await this.#probe('1-after-fence')
    this.#committed = await committedInputs({ ...this.#env, plan: this.plan, hash: this.#hash })
  }

  async #restore(): Promise<void> {
    const { broker, clock, onRestored, probe, restoring } = this.#env
    const startedMs = clock.now()
    this.#restorer = new StoreRestorer({
      taskId: this.id,
      broker,
      clock,
      state: this.#stores!,
      changelogs: this.plan.changelogs,
      partition: this.plan.id.partition,
      probe,
      ...restoring,
      signal: this.#closing.signal,
    })
    const records = await this.#restorer.restore()
    if (!this.#closing.signal.aborted) onRestored(this.id, records, clock.now() - startedMs)
  }

  /** Builds everything that starts anew from the committed offsets. */
  #begin(): void {
    const { plan } = this
    const queues = this.#committed.map(
      ({ topic, partition, offset }, i) =>
        new RecordQueue(topic, partition, plan.inputs[i]!.source, offset),
    )
    this.#group = new PartitionGroup(queues)
    const sources = new Map(plan.subTopology.sources.map((source) => [source.name, source]))
    const onUndecodable = (raw: RawRecord, { topic, partition }: RecordQueue, error: unknown) => {
      this.#deadLetters.send(topic, partition, raw, error)
    }
    const holds = (error: unknown, queue: RecordQueue) =>
      this.#writerSchemas?.holds(error, queue) ?? false
    this.#input = new TaskInput(this.#group, sources, onUndecodable, holds)
    this.#executor = this.#newExecutor()
    this.#env.feed.attach(this.id, queues)
  }

  /** Made once: it alone knows where the changelogs stand between checkpoints. */
  #newCommitter(): TaskCommitter {
    const { clock, membership, probe } = this.#env
    const options = {
      taskId: this.id,
      partition: this.plan.id.partition,
      transaction: this.#transaction,
      membership,
      state: this.#stores!,
      collector: this.#collector,
      changelogs: this.plan.changelogs,
      clock,
      probe,
    }
    return new TaskCommitter(options, this.#stores!.positions())
  }

  #newExecutor(): SubTopologyExecutor {
    const { applicationId, counters, globalTables, topology } = this.#env
    return new SubTopologyExecutor({
      topology,
      subTopology: this.plan.subTopology,
      taskId: this.id,
      partition: this.plan.id.partition,
      partitionCount: this.plan.partitionCount,
      stores: this.#stores!,
      collector: this.#collector,
      globalTables,
      counters,
      topicName: (name) => repartitionTopic(applicationId, name),
      streamTimeMs: newestStreamTime(this.#committed.map(({ metadata }) => metadata)),
      onError: (record, error) => {
        if (record === null) return
        const { raw, topic, partition } = record as TaskRecord
        this.#deadLetters.send(topic, partition, raw, error)
      },
    })
  }

  #offsets(): CommittedOffset[] {
    const streamTimeMs = this.#executor?.streamTimeMs ?? -1
    const shape = { hash: this.#hash, topics: this.plan.identities.text }
    return offsetsToCommit(this.queues, this.#committed, { streamTimeMs, ...shape })
  }

  #enter(next: TaskState): void {
    assertTransition(this.id, this.#state, next)
    this.#state = next
  }

  #probe(point: Parameters<CrashProbe>[0]): Promise<void> | void {
    return this.#env.probe?.(point, this.id)
  }
}
