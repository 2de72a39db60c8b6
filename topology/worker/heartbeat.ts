import type { WorkerHealth, WorkerName } from '../../schemas/worker-records.ts'
import type { WorkerRow } from './worker-row.ts'

export const HEARTBEAT_INTERVAL_MS = 60_000

/** A clock that was set back makes one due: else there would be none until it catches up. */
export function isHeartbeatDue({ lastHeartbeatMs }: WorkerRow, nowMs: number): boolean {
  if (lastHeartbeatMs === null) return true
  return nowMs >= lastHeartbeatMs + HEARTBEAT_INTERVAL_MS || nowMs < lastHeartbeatMs
}

export function heartbeatOf(worker: WorkerName, row: WorkerRow, nowMs: number): WorkerHealth {
  const { failures, groups, lastPassMs, members, passes, pending, status } = row
  return {
    worker,
    status,
    ts: nowMs / 1000,
    last_pass_ts: lastPassMs === null ? null : lastPassMs / 1000,
    passes,
    pending,
    members,
    groups,
    failures,
  }
}
