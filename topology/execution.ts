import type { RecordHeader } from '../broker/record-batch/record.ts'
import type { KeyValueStore, Touch } from './store.ts'

/**
 * What an executor needs from outside to run a sub-topology: scoped stores and a scoped way out.
 *
 * One scope is open at a time. Everything done between `begin` and `commit` is one record's
 * effect; `rollback` leaves stores and collector as they were at `begin`.
 */
export interface EffectScope {
  begin(): void
  commit(): void
  rollback(): void
}

/** The stores of one task, as the executor uses them; implemented in state/. */
export interface TaskStores extends EffectScope {
  store<V>(name: string): KeyValueStore<V>
  /** Collects what is not in memory; `fetchMissing` then reads it in bulk. */
  readonly touch: Touch
  /** True when a touch or a miss named something that is not in memory. */
  readonly hasMissing: boolean
  /** One multi-get for all missing keys, one range read a missing group. */
  fetchMissing(): Promise<void>
  /** Ends the life of fetched groups and lets the cache shrink to its bound. */
  endBatch(): void
}

/** Takes the records a task sends; copies key and value at once. */
export interface RecordCollector extends EffectScope {
  /**
   * @param partition absent: murmur2 of the key, as Kafka's default partitioner
   * @throws {ProductionError} a record larger than the topic takes
   */
  send(
    topic: string,
    key: string | null,
    value: Buffer | null,
    timestampMs: number,
    partition?: number,
    headers?: readonly RecordHeader[],
  ): void
}
