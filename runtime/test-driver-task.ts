import { CacheBudget } from '../state/cache-budget.ts'
import { MemoryDatabase } from '../state/memory-database.ts'
import { MemoryDisk } from '../state/memory-disk.ts'
import { TaskState } from '../state/task-state.ts'
import type { TaskStores } from '../topology/execution.ts'
import { SubTopologyExecutor } from '../topology/executor.ts'
import type { BuiltSubTopology, BuiltTopology } from '../topology/nodes.ts'
import type { ReadOnlyTable } from '../topology/processor.ts'
import type { PartitionRecords, RawRecord } from '../broker/port.ts'
import { DeadLetters } from './dead-letters.ts'
import { changelogTopic, deadLetterTopic, repartitionTopic } from './internal-topics.ts'
import { OutputCollector } from './output-collector.ts'
import { PartitionGroup } from './partition-group.ts'
import type { RecordQueue } from './record-queue.ts'
import { TaskInput, type TaskRecord } from './task-input.ts'

/** What the tasks of a driver share. */
export interface DriverEnvironment {
  readonly applicationId: string
  readonly topology: BuiltTopology
  readonly partitionCounts: ReadonlyMap<string, number>
  readonly globalTables: ReadonlyMap<string, ReadOnlyTable<unknown>>
  readonly counters: Map<string, number>
  readonly cacheBytesMax: number
  /** Wraps the stores of a task, to make them miss; the identity otherwise. */
  readonly withMisses: (stores: TaskStores) => TaskStores
  /** A record that went to the dead letters. */
  readonly onDeadLetter: (topic: string, partition: number, raw: RawRecord, error: unknown) => void
  /** A failure without a record: a punctuation, the end of a batch. */
  readonly onFailure: (error: Error) => void
}

export interface DriverTaskPlan {
  readonly taskId: string
  readonly subTopology: BuiltSubTopology
  readonly partition: number
  readonly partitionCount: number
  /** One per input topic; filled by the driver. */
  readonly queues: readonly RecordQueue[]
}

/**
 * A task of a test driver: the executor, state, queues and collector of the runtime, without a
 * broker. Every batch is committed when it ends.
 */
export class DriverTask {
  readonly plan: DriverTaskPlan
  readonly #env: DriverEnvironment
  readonly #disk = new MemoryDisk()
  readonly #collector: OutputCollector
  readonly #deadLetters: DeadLetters
  readonly #group: PartitionGroup
  readonly #input: TaskInput
  #running: { state: TaskState; stores: TaskStores; executor: SubTopologyExecutor } | null = null

  constructor(env: DriverEnvironment, plan: DriverTaskPlan) {
    this.#env = env
    this.plan = plan
    this.#collector = new OutputCollector(env.partitionCounts)
    const dlq = deadLetterTopic(env.applicationId)
    this.#deadLetters = new DeadLetters(this.#collector, dlq, plan.taskId)
    this.#group = new PartitionGroup(plan.queues)
    const sources = new Map(plan.subTopology.sources.map((source) => [source.name, source]))
    const onUndecodable = (raw: RawRecord, { topic, partition }: RecordQueue, error: unknown) => {
      this.#bury(topic, partition, raw, error)
    }
    this.#input = new TaskInput(this.#group, sources, onUndecodable, () => false)
  }

  get hasInput(): boolean {
    return this.#group.readiness() === 'ready'
  }

  get streamTimeMs(): number {
    return this.#running?.executor.streamTimeMs ?? -1
  }

  /** Null before `start`. */
  get state(): TaskState | null {
    return this.#running?.state ?? null
  }

  /** Opens the state and creates the processors. */
  async start(wallClockMs: number, streamTimeMs = -1): Promise<void> {
    const database = new MemoryDatabase(this.#disk)
    const state = await TaskState.open({
      database,
      stores: this.plan.subTopology.stores,
      cacheBudget: new CacheBudget(this.#env.cacheBytesMax),
    })
    const stores = this.#env.withMisses(state)
    const executor = this.#newExecutor(stores, streamTimeMs)
    // Starts the intervals of wall-clock punctuations.
    executor.punctuate(wallClockMs)
    this.#running = { state, stores, executor }
  }

  /** Ends the processors and starts new ones on the same disk. */
  async restart(wallClockMs: number): Promise<void> {
    const { streamTimeMs } = this
    await this.close()
    await this.start(wallClockMs, streamTimeMs)
  }

  async close(): Promise<void> {
    await this.state?.checkpoint()
    await this.state?.close()
    this.#running = null
  }

  /** Takes everything queued as one batch, processes and commits it. */
  async processBatch(wallClockMs: number): Promise<PartitionRecords[]> {
    const { executor, stores } = this.#running!
    const records = this.#input.take(Number.MAX_SAFE_INTEGER)
    await executor.prefetch(records)
    for (let from = 0; from < records.length;) {
      const { missed, next } = executor.run(records, from, wallClockMs)
      from = next
      if (missed) await stores.fetchMissing()
    }
    return await this.#endBatch(wallClockMs)
  }

  /** Runs the wall-clock punctuations due, as a batch of their own. */
  async punctuate(wallClockMs: number): Promise<PartitionRecords[]> {
    const { executor, stores } = this.#running!
    while (executor.punctuate(wallClockMs).missed) await stores.fetchMissing()
    return await this.#endBatch(wallClockMs)
  }

  async #endBatch(wallClockMs: number): Promise<PartitionRecords[]> {
    const { executor, state, stores } = this.#running!
    while (executor.endBatch(wallClockMs).missed) await stores.fetchMissing()
    const { applicationId, cacheBytesMax } = this.#env
    const { partition, subTopology } = this.plan
    state.beginCommit((store, key, value) => {
      const topic = changelogTopic(applicationId, store)
      this.#collector.sendState(topic, partition, key, value, wallClockMs)
    })
    const taken = this.#collector.take()
    const position = { topicId: '', partition, offset: 0, brokerTimeMs: wallClockMs }
    state.commitSucceeded(new Map(subTopology.stores.map(({ name }) => [name, position])))
    // Only what is on disk can leave memory.
    if (cacheBytesMax === 0) await state.checkpoint()
    return taken
  }

  #newExecutor(stores: TaskStores, streamTimeMs: number): SubTopologyExecutor {
    const { applicationId, counters, globalTables, onFailure, topology } = this.#env
    const { partition, partitionCount, subTopology, taskId } = this.plan
    return new SubTopologyExecutor({
      topology,
      subTopology,
      taskId,
      partition,
      partitionCount,
      stores,
      collector: this.#collector,
      globalTables,
      counters,
      streamTimeMs,
      topicName: (name) => repartitionTopic(applicationId, name),
      onError: (record, error) => {
        if (record === null) {
          onFailure(error)
          return
        }
        this.#bury(record.topic, record.partition, (record as TaskRecord).raw, error)
      },
    })
  }

  #bury(topic: string, partition: number, raw: RawRecord, error: unknown): void {
    this.#deadLetters.send(topic, partition, raw, error)
    this.#env.onDeadLetter(topic, partition, raw, error)
  }
}
