import type { ByteReader } from '../../bytes/byte-reader.ts'
import { fromByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import { CorruptBytesError } from '../../bytes/errors.ts'
import {
  WORKER_ACTIONS,
  type WorkerAction,
  type WorkerControl,
  type WorkerName,
  type WorkerStatus,
} from '../../schemas/worker-records.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import type { StoreSpec } from '../store.ts'

/** What a worker knows of itself: the one row of its store, so that it outlives a restart. */
export interface WorkerRow {
  readonly status: WorkerStatus
  /** A pass was asked for that was not made yet. */
  readonly isRunRequested: boolean
  /** What it was told last; null: nothing. */
  readonly told: WorkerControl | null
  /** Epoch milliseconds; null: none was made. */
  readonly lastPassMs: number | null
  readonly passes: number
  /** What was taken in and no pass has told yet: messages, or what the last pass did not come to. */
  readonly pending: number
  /** As of the last pass. */
  readonly members: number
  readonly groups: number
  readonly failures: number
  /** Epoch milliseconds; null: one is due. */
  readonly lastHeartbeatMs: number | null
}

export const NEW_WORKER: WorkerRow = {
  status: 'running',
  isRunRequested: false,
  told: null,
  lastPassMs: null,
  passes: 0,
  pending: 0,
  members: 0,
  groups: 0,
  failures: 0,
  lastHeartbeatMs: null,
}

const VERSION = 1
const PAUSED = 1
const RUN_REQUESTED = 2
const NOTHING_TOLD = 0xff

/**
 * ```
 * u8 version 1, u8 flags (1 paused, 2 run requested),
 * u8 index of the action told (ff: none), then f64 ts, string requested by,
 * varint 1 + last pass (0: none), varint passes, pending, members, groups, failures,
 * varint 1 + last heartbeat (0: due)
 * ```
 */
export const workerRowCodec: Codec<WorkerRow> = {
  encode(row, into) {
    into.u8(VERSION)
    into.u8((row.status === 'paused' ? PAUSED : 0) | (row.isRunRequested ? RUN_REQUESTED : 0))
    if (row.told === null) into.u8(NOTHING_TOLD)
    else {
      into.u8(WORKER_ACTIONS.indexOf(row.told.action))
      into.f64(row.told.ts)
      into.string(row.told.requested_by)
    }
    into.varint(row.lastPassMs === null ? 0 : row.lastPassMs + 1)
    for (const count of [row.passes, row.pending, row.members, row.groups, row.failures]) {
      into.varint(count)
    }
    into.varint(row.lastHeartbeatMs === null ? 0 : row.lastHeartbeatMs + 1)
  },
  decode(from) {
    checkVersion(from, 'worker', VERSION)
    const flags = from.u8()
    const action = from.u8()
    const told =
      action === NOTHING_TOLD
        ? null
        : { action: actionAt(action, from), ts: from.f64(), requested_by: from.string() }
    const lastPass = from.varint()
    const row = {
      status: (flags & PAUSED) === 0 ? ('running' as const) : ('paused' as const),
      isRunRequested: (flags & RUN_REQUESTED) !== 0,
      told,
      lastPassMs: lastPass === 0 ? null : lastPass - 1,
      passes: from.varint(),
      pending: from.varint(),
      members: from.varint(),
      groups: from.varint(),
      failures: from.varint(),
    }
    const lastHeartbeat = from.varint()
    return { ...row, lastHeartbeatMs: lastHeartbeat === 0 ? null : lastHeartbeat - 1 }
  },
}

function actionAt(index: number, from: ByteReader): WorkerAction {
  const action = WORKER_ACTIONS[index]
  if (action !== undefined) return action
  throw new CorruptBytesError(`worker action ${index}`, from.position - 1, from.end)
}

/** The worker's name → its row. A store a worker: a store belongs to one processor. */
export function workerStore(worker: WorkerName): StoreSpec<WorkerRow> {
  return {
    name: `${worker}-worker`,
    codec: workerRowCodec,
    toJson: (key, row) => ({
      worker: fromByteString(key),
      status: row.status,
      run_requested: row.isRunRequested,
      told: row.told,
      last_pass_ms: row.lastPassMs,
      passes: row.passes,
      pending: row.pending,
      members: row.members,
      groups: row.groups,
      failures: row.failures,
    }),
  }
}
