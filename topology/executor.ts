import { ProcessingError } from './errors.ts'
import type { RecordCollector, TaskStores } from './execution.ts'
import { createLiveNodes, sourceNamed, type LiveNodes } from './live-nodes.ts'
import type { LiveProcessor } from './live-processor.ts'
import { NodeCounters } from './node-counters.ts'
import type { BuiltSubTopology, BuiltTopology } from './nodes.ts'
import type { ReadOnlyTable } from './processor.ts'
import { StreamTimeTimer, WallClockTimer, type PunctuationTimer } from './punctuation-timer.ts'
import type { SourceRecord } from './record.ts'
import { storeMiss } from './store.ts'
import { TaskFrame } from './task-frame.ts'
import { TaskScope } from './task-scope.ts'

export interface ExecutorOptions {
  readonly topology: BuiltTopology
  readonly subTopology: BuiltSubTopology
  /** As `0_3`. */
  readonly taskId: string
  readonly partition: number
  readonly partitionCount: number
  readonly stores: TaskStores
  readonly collector: RecordCollector
  /** By name; must hold every global table that the sub-topology names. */
  readonly globalTables: ReadonlyMap<string, ReadOnlyTable<unknown>>
  /** Totals by `node/counter`; may be shared with other tasks. */
  readonly counters: Map<string, number>
  /** Full topic name of a repartition. */
  readonly topicName: (repartition: string) => string
  /** Where stream time stood when the task last committed. @default −1 */
  readonly streamTimeMs?: number
  /**
   * Told of every failure, after its effects were undone. `record` is null for a punctuation or
   * the end of a batch. What it throws ends the run: the task cannot go on.
   */
  readonly onError: (record: SourceRecord | null, error: ProcessingError) => void
}

export interface RunResult {
  /** Index of the first record not done. */
  readonly next: number
  /** True: fetch what is missing, then call again from `next`. */
  readonly missed: boolean
}

/** A row names another, which names a third: what lies behind that is left to miss. */
const PREFETCH_ROUNDS_MAX = 3

interface Punctuation {
  readonly processor: LiveProcessor
  readonly timer: PunctuationTimer
  /** Runs of records that its last time came after; −1: it did not come yet. */
  afterRuns: number
}

/**
 * Runs one sub-topology for one task: record by record, depth first, synchronously.
 *
 * E1. What a record, a punctuation or a batch end does is one scope: joined to the task's when it
 *     is done, undone when it misses or throws.
 * E2. A miss stops there: the caller fetches and calls again, and the record runs anew. A miss
 *     that a processor caught counts all the same, for what it did then rests on a lie.
 * E3. Results do not depend on where batches end or what misses, `batchEnd` apart.
 * E4. Stream time is the greatest timestamp of the records done, dead letters included. It moves
 *     when a record is done, and the punctuations then due run before the next record.
 * E5. Nothing is allocated per record but by the processors.
 *
 * Counters of its own: `<node>/misses`, `<node>/errors`, `<source>/prefetch-errors`.
 */
export class SubTopologyExecutor {
  readonly #options: ExecutorOptions
  readonly #stores: TaskStores
  readonly #frame: TaskFrame
  readonly #counters: NodeCounters
  readonly #nodes: LiveNodes
  readonly #scope: TaskScope
  readonly #streamPunctuations: readonly Punctuation[]
  readonly #wallPunctuations: readonly Punctuation[]
  /** Calls of `run` that had records. */
  #runs = 0

  /** @throws {TopologyError} a processor lacks a method or asks for a store it does not own */
  constructor(options: ExecutorOptions) {
    const { collector, partition, partitionCount, stores, taskId } = options
    const streamTimeMs = options.streamTimeMs ?? -1
    this.#options = options
    this.#stores = stores
    this.#frame = new TaskFrame(taskId, partition, partitionCount, streamTimeMs)
    this.#counters = new NodeCounters(options.counters)
    const counters = this.#counters
    this.#nodes = createLiveNodes({ ...options, frame: this.#frame, counters })
    const { processors } = this.#nodes
    const batchEndKeys = processors.flatMap((processor) => processor.batchEndKeys ?? [])
    this.#scope = new TaskScope(stores, collector, counters, batchEndKeys)
    this.#streamPunctuations = punctuations(
      processors,
      'stream-time',
      (intervalMs) => new StreamTimeTimer(intervalMs, streamTimeMs),
    )
    this.#wallPunctuations = punctuations(
      processors,
      'wall-clock',
      (intervalMs) => new WallClockTimer(intervalMs),
    )
  }

  /** Milliseconds; −1 before the first record. */
  get streamTimeMs(): number {
    return this.#frame.streamTimeMs
  }

  /** Every wall-clock punctuation came after the last record: what waited for one is done. */
  get isSettled(): boolean {
    return this.#wallPunctuations.every(({ afterRuns }) => afterRuns === this.#runs)
  }

  /** Asks the sources' hints what the records will touch, and reads of it what memory lacks. */
  async prefetch(records: readonly SourceRecord[]): Promise<void> {
    const { touch } = this.#stores
    let asked = records
    for (let rounds = 0; rounds < PREFETCH_ROUNDS_MAX && asked.length > 0; rounds++) {
      asked = asked.filter((record) =>
        sourceNamed(this.#nodes, record.source).prefetch(record, touch),
      )
      if (!this.#stores.hasMissing) return
      await this.#stores.fetchMissing()
    }
  }

  /** Runs the records from index `from` on, and the stream-time punctuations due between them. */
  run(records: readonly SourceRecord[], from: number, wallClockMs: number): RunResult {
    const frame = this.#frame
    frame.wallClockMs = wallClockMs
    if (from < records.length) this.#runs++
    if (!this.#punctuateStreamTime()) return { next: from, missed: true }
    for (let i = from; i < records.length; i++) {
      const record = records[i]!
      if (!this.#process(record)) return { next: i, missed: true }
      if (record.timestampMs <= frame.streamTimeMs) continue
      frame.streamTimeMs = record.timestampMs
      if (!this.#punctuateStreamTime()) return { next: i + 1, missed: true }
    }
    return { next: records.length, missed: false }
  }

  /** Runs the wall-clock punctuations due; after a miss, fetch and call again. */
  punctuate(wallClockMs: number): { readonly missed: boolean } {
    this.#frame.wallClockMs = wallClockMs
    return { missed: !this.#punctuate(this.#wallPunctuations, wallClockMs) }
  }

  /**
   * Ends a batch: calls `batchEnd` for every key asked for, parents before children and in key
   * order. After a miss, fetch and call again: it goes on where it stopped. Must be done before
   * a commit.
   */
  endBatch(wallClockMs: number): { readonly missed: boolean } {
    this.#frame.wallClockMs = wallClockMs
    // The last record of the batch may have made a punctuation due that then missed.
    if (!this.#punctuateStreamTime()) return { missed: true }
    for (const processor of this.#nodes.processors) {
      if (!this.#workOffKeys(processor)) return { missed: true }
    }
    this.#stores.endBatch()
    return { missed: false }
  }

  /** @returns false on a miss */
  #process(record: SourceRecord): boolean {
    const source = sourceNamed(this.#nodes, record.source)
    this.#frame.metadata = record
    this.#scope.begin()
    try {
      source.receive(record)
    } catch (error) {
      return this.#undo(error, record, placeOf(record))
    }
    return this.#finish()
  }

  #punctuateStreamTime(): boolean {
    if (this.#streamPunctuations.length === 0) return true
    return this.#punctuate(this.#streamPunctuations, this.#frame.streamTimeMs)
  }

  /** @returns false on a miss: the punctuation that missed is still due, those before are not */
  #punctuate(due: readonly Punctuation[], timeMs: number): boolean {
    for (const punctuation of due) {
      const { processor, timer } = punctuation
      if (!timer.isDue(timeMs)) continue
      if (!this.#punctuateOne(processor, timeMs)) return false
      timer.done(timeMs)
      punctuation.afterRuns = this.#runs
    }
    return true
  }

  #punctuateOne(processor: LiveProcessor, timeMs: number): boolean {
    this.#frame.metadata = null
    this.#scope.begin()
    try {
      processor.punctuate(timeMs)
    } catch (error) {
      return this.#undo(error, null, 'in its punctuation')
    }
    return this.#finish()
  }

  #workOffKeys(processor: LiveProcessor): boolean {
    const keys = processor.batchEndKeys
    if (keys === null) return true
    for (let key = keys.next(); key !== undefined; key = keys.next()) {
      if (!this.#endBatchOf(processor, key)) return false
      keys.keyDone()
    }
    keys.clear()
    return true
  }

  #endBatchOf(processor: LiveProcessor, key: string): boolean {
    this.#frame.metadata = null
    this.#scope.begin()
    try {
      processor.batchEnd(key)
    } catch (error) {
      return this.#undo(error, null, `at the end of a batch, key ${JSON.stringify(key)}`)
    }
    return this.#finish()
  }

  /** Joins the scope's effects, unless a miss was caught on the way. @returns false on a miss */
  #finish(): boolean {
    if (this.#stores.hasMissing) return this.#undoMiss()
    this.#scope.commit()
    return true
  }

  /** @returns false on a miss; true on a failure, which is reported and then done with */
  #undo(error: unknown, record: SourceRecord | null, doing: string): boolean {
    // A miss may have been caught and thrown on as something else.
    if (error === storeMiss || this.#stores.hasMissing) return this.#undoMiss()
    this.#scope.rollback()
    const { node, taskId } = this.#frame
    this.#counters.addNow(node, 'errors')
    const { offset = null, partition = null, topic = null } = record ?? {}
    const context = { node, taskId, topic, partition, offset, cause: error }
    this.#options.onError(record, new ProcessingError(doing, context))
    return true
  }

  #undoMiss(): false {
    this.#scope.rollback()
    this.#counters.addNow(this.#frame.node, 'misses')
    return false
  }
}

function punctuations(
  processors: readonly LiveProcessor[],
  clock: 'stream-time' | 'wall-clock',
  timer: (intervalMs: number) => PunctuationTimer,
): Punctuation[] {
  return processors.flatMap((processor) => {
    const { punctuation } = processor.node
    if (punctuation?.clock !== clock) return []
    return [{ processor, timer: timer(punctuation.intervalMs), afterRuns: -1 }]
  })
}

function placeOf({ offset, partition, topic }: SourceRecord): string {
  return `on ${topic}-${partition} at offset ${offset}`
}
