import type { Clock } from '../broker/clock.ts'
import type { TaskState } from '../state/task-state.ts'
import type { SubTopologyExecutor } from '../topology/executor.ts'
import type { TaskRecord } from './task-input.ts'

export interface Batch {
  readonly executor: SubTopologyExecutor
  readonly stores: TaskState
  readonly records: readonly TaskRecord[]
  readonly clock: Clock
  /** What processors are told. */
  readonly wallClockMs: number
}

/**
 * Runs records through a sub-topology, reading from disk what they miss.
 *
 * @returns how long processors held the event loop, in milliseconds; what was waited for is not
 *   counted
 */
export async function runBatch(batch: Batch): Promise<number> {
  const { clock, executor, records, stores, wallClockMs } = batch
  let busyMs = 0
  await executor.prefetch(records)
  for (let from = 0; from < records.length;) {
    const startedMs = clock.now()
    const { next, missed } = executor.run(records, from, wallClockMs)
    busyMs += clock.now() - startedMs
    from = next
    if (missed) await stores.fetchMissing()
  }
  return busyMs
}
