import { ForcedMisses, type MissChoice } from '../../runtime/forced-misses.ts'
import { OutputCollector } from '../../runtime/output-collector.ts'
import { CacheBudget } from '../../state/cache-budget.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { TaskState } from '../../state/task-state.ts'
import type { ProcessingError } from '../../topology/errors.ts'
import { SubTopologyExecutor } from '../../topology/executor.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import type { ReadOnlyTable } from '../../topology/processor.ts'
import type { SourceRecord } from '../../topology/record.ts'
import type { KeyValueStore } from '../../topology/store.ts'
import type { TaskStores } from '../../topology/execution.ts'
import { recordsOf } from './batches.ts'

export interface Failure {
  readonly record: SourceRecord | null
  readonly error: ProcessingError
}

export interface Sent {
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
}

export interface UnderTestOptions {
  /** Reads that miss although memory has the answer. */
  readonly misses?: MissChoice
  readonly cacheBytesMax?: number
  readonly globalTables?: ReadonlyMap<string, ReadOnlyTable<unknown>>
  readonly streamTimeMs?: number
}

/** An executor of a topology's only sub-topology, over real stores and a real collector. */
export class ExecutorUnderTest {
  readonly executor: SubTopologyExecutor
  readonly counters = new Map<string, number>()
  readonly failures: Failure[] = []
  readonly state: TaskState
  readonly stores: TaskStores
  readonly #collector: OutputCollector
  readonly #topology: BuiltTopology
  readonly #sent = new Map<string, Sent[]>()

  private constructor(topology: BuiltTopology, state: TaskState, options: UnderTestOptions) {
    const subTopology = topology.subTopologies[0]!
    const topics = subTopology.sinks.map(({ topic }) => topic)
    this.#topology = topology
    this.#collector = new OutputCollector(new Map(topics.map((topic) => [topic, 1])))
    this.state = state
    this.stores = options.misses === undefined ? state : new ForcedMisses(state, options.misses)
    this.executor = new SubTopologyExecutor({
      topology,
      subTopology,
      taskId: '0_0',
      partition: 0,
      partitionCount: 1,
      stores: this.stores,
      collector: this.#collector,
      globalTables: options.globalTables ?? new Map(),
      counters: this.counters,
      topicName: (name) => name,
      ...(options.streamTimeMs === undefined ? {} : { streamTimeMs: options.streamTimeMs }),
      onError: (record, error) => void this.failures.push({ record, error }),
    })
  }

  static async open(topology: BuiltTopology, options: UnderTestOptions = {}) {
    const { stores } = topology.subTopologies[0]!
    const cacheBudget = new CacheBudget(options.cacheBytesMax ?? 1_000_000)
    const database = new MemoryDatabase()
    const state = await TaskState.open({ database, stores, cacheBudget })
    return new ExecutorUnderTest(topology, state, options)
  }

  /**
   * Runs the records to the last one, fetching what they miss. A punctuation after it that missed
   * is left to the end of the batch, as a task leaves it.
   * @returns misses
   */
  async run(records: readonly SourceRecord[], wallClockMs = 0): Promise<number> {
    let misses = 0
    for (let from = 0; from < records.length;) {
      const { missed, next } = this.executor.run(records, from, wallClockMs)
      from = next
      if (!missed) continue
      misses++
      await this.stores.fetchMissing()
    }
    return misses
  }

  async punctuate(wallClockMs: number): Promise<void> {
    while (this.executor.punctuate(wallClockMs).missed) await this.stores.fetchMissing()
  }

  /** Ends the batch and commits it, down to the disk. */
  async endBatch(wallClockMs = 0): Promise<void> {
    while (this.executor.endBatch(wallClockMs).missed) await this.stores.fetchMissing()
    this.#collect()
    this.state.beginCommit(() => undefined)
    const position = { topicId: 't', partition: 0, offset: 0, brokerTimeMs: 0 }
    const names = this.#topology.subTopologies[0]!.stores.map(({ name }) => name)
    this.state.commitSucceeded(new Map(names.map((name) => [name, position])))
    await this.state.checkpoint()
  }

  /** Everything sent to a topic so far, in order. */
  sent(topic: string): readonly Sent[] {
    this.#collect()
    return this.#sent.get(topic) ?? []
  }

  /** Committed rows of a store. */
  async rows(store: string): Promise<[string, unknown][]> {
    return await this.state.view.scan(store, { prefix: '', limit: Infinity })
  }

  /** A store as its processor sees it. */
  store<V>(name: string): KeyValueStore<V> {
    return this.state.store<V>(name)
  }

  #collect(): void {
    for (const { records, topic } of this.#collector.take()) {
      const sent = this.#sent.get(topic) ?? []
      this.#sent.set(topic, sent)
      for (const { key, timestampMs, value } of recordsOf(records)) {
        sent.push({ key: key?.toString() ?? null, value: value?.toString() ?? null, timestampMs })
      }
    }
  }
}

/** A record of a source, as a task's input would decode it. */
export function sourceRecord(
  offset: number,
  value: unknown,
  fields: Partial<SourceRecord> = {},
): SourceRecord {
  const place = { source: 'in', topic: 'in', partition: 0, offset, appendTimeMs: null }
  return { ...place, key: null, value, timestampMs: offset, ...fields }
}
