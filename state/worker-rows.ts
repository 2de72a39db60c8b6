import type { WorkerControl, WorkerName, WorkerStatus } from '../schemas/worker-records.ts'

/**
 * Rows of the workers' stores as the API reads them: one a store, its key the worker. The stores'
 * own rows satisfy these structurally.
 */

/** worker */
export function workerStoreName(worker: WorkerName): string {
  return `${worker}-worker`
}

export interface WorkerStateRow {
  readonly status: WorkerStatus
  /** What it was told last; null: nothing. */
  readonly told: WorkerControl | null
  /** Epoch milliseconds; null: none was made. */
  readonly lastPassMs: number | null
  readonly passes: number
  /** What was taken in, and told by no pass yet. */
  readonly pending: number
  /** What it groups, and the groups it has made, as of the last pass. */
  readonly members: number
  readonly groups: number
  readonly failures: number
}
