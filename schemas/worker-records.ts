/**
 * The public records of the workers, as the product sees them in memory. Each has an `.avsc` of the
 * same name, where every field and unit is documented; a test holds the two together.
 */

/** The sub-topologies that can be told to pause, and tell how they are. */
export const WORKERS = ['identify', 'campaign'] as const

export type WorkerName = (typeof WORKERS)[number]

export const WORKER_ACTIONS = ['pause', 'resume', 'run'] as const

export type WorkerAction = (typeof WORKER_ACTIONS)[number]

export interface WorkerControl {
  readonly action: WorkerAction
  readonly requested_by: string
  /** Epoch seconds. */
  readonly ts: number
}

export type WorkerStatus = 'running' | 'paused'

export interface WorkerHealth {
  readonly worker: WorkerName
  readonly status: WorkerStatus
  /** Epoch seconds, as is `last_pass_ts`. */
  readonly ts: number
  readonly last_pass_ts: number | null
  readonly passes: number
  readonly pending: number
  readonly members: number
  readonly groups: number
  readonly failures: number
}

export function isWorkerName(text: string): text is WorkerName {
  return WORKERS.some((worker) => worker === text)
}
