import type { Record, RecordMetadata } from './record.ts'
import type { KeyValueStore } from './store.ts'

/**
 * A processor: synchronous, record at a time, depth first.
 *
 * P1. All effects go through the context and stores; they are undone when the record misses or
 *     throws. A processor keeps nothing else that outlives a record, except caches that are
 *     correct whatever happened to the record.
 * P2. A throw loses the record's effects and sends the record to the dead letters.
 */
export interface Processor<In, Out> {
  /** Called once, before the first record, to take hold of stores. */
  init?(context: ProcessorContext<Out>): void
  process(record: Record<In>, context: ProcessorContext<Out>): void
  /** Called when the schedule given to `addProcessor` is due; `timeMs` is of that clock. */
  punctuate?(timeMs: number, context: ProcessorContext<Out>): void
  /** Called once per key that records of this batch named by `atBatchEnd`, in key order. */
  batchEnd?(key: string, context: ProcessorContext<Out>): void
}

export interface ReadOnlyTable<V> {
  get(key: string): V | undefined
  entries(): Iterable<[string, V]>
}

export interface ProcessorContext<Out> {
  /** Runs the children (or the one named) with the record before it returns. */
  forward(record: Record<Out>, child?: string): void
  store<V>(name: string): KeyValueStore<V>
  /** A global table as of its last update: eventually current, the same on every instance. */
  globalTable<V>(name: string): ReadOnlyTable<V>
  /** Asks for `batchEnd(key)` when this batch ends, once however often asked. */
  atBatchEnd(key: string): void
  /** Adds to a counter of this node (a metric); undone with the record. */
  count(counter: string, by?: number): void
  /** The source record under way; null in `punctuate` and `batchEnd`. */
  readonly metadata: RecordMetadata | null
  /** Sub-topology and partition, as `0_3`. */
  readonly taskId: string
  readonly partition: number
  /** Partitions of the task's co-partitioned sources. */
  readonly partitionCount: number
  /** Greatest record timestamp seen by the task, milliseconds; −1 before the first. */
  readonly streamTimeMs: number
  /** Read once per batch. */
  readonly wallClockMs: number
}

export type ProcessorSupplier<In, Out> = () => Processor<In, Out>

export interface PunctuationSchedule {
  /** `stream-time` advances with records, `wall-clock` without them. */
  readonly clock: 'stream-time' | 'wall-clock'
  readonly intervalMs: number
}
