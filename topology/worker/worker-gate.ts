import { type ByteString, toByteString } from '../../bytes/byte-string.ts'
import type { WorkerControl, WorkerHealth, WorkerName } from '../../schemas/worker-records.ts'
import type { KeyValueStore } from '../store.ts'
import { heartbeatOf, isHeartbeatDue } from './heartbeat.ts'
import { NEW_WORKER, type WorkerRow } from './worker-row.ts'

/** What a pass changed; counts may be negative. */
export interface PassChange {
  /** Members that are counted now and were not before. */
  readonly members: number
  readonly groups: number
  /** Steps that failed and were skipped. */
  readonly failures: number
}

/**
 * Says when a worker makes its pass and sends its heartbeat, and obeys what it is told.
 *
 * W1. Running, a pass is due when something was taken in. Paused, everything is still taken in and
 *     nothing announced; when it resumes, one pass announces all of it.
 * W2. `run` makes one pass due whatever is pending, also of a paused worker, which stays paused. Of
 *     very much a pass tells a part, and is followed by others until nothing is left.
 * W3. A change of status is told by a heartbeat at once; else there is one a minute.
 * W4. Its memory is the row of its store, put in the transaction of what caused it: a restart, a
 *     rebalance and a crash neither forget a command nor obey it twice.
 */
export class WorkerGate {
  readonly #worker: WorkerName
  readonly #key: ByteString
  readonly #rows: KeyValueStore<WorkerRow>

  constructor(worker: WorkerName, rows: KeyValueStore<WorkerRow>) {
    this.#worker = worker
    this.#key = toByteString(worker)
    this.#rows = rows
  }

  obey(control: WorkerControl): void {
    const row = this.#row()
    const { action } = control
    const told = { ...row, told: control }
    if (action === 'run') {
      this.#put({ ...told, isRunRequested: true })
      return
    }
    const status = action === 'pause' ? 'paused' : 'running'
    const lastHeartbeatMs = status === row.status ? row.lastHeartbeatMs : null
    this.#put({ ...told, status, lastHeartbeatMs })
  }

  /** A message was taken in, of which the next pass will tell. */
  took(): void {
    const row = this.#row()
    this.#put({ ...row, pending: row.pending + 1 })
  }

  isPassDue(): boolean {
    const { isRunRequested, pending, status } = this.#row()
    return isRunRequested || (status === 'running' && pending > 0)
  }

  /** @param left of what was pending, what the pass did not come to: the next one is due for it */
  passed(nowMs: number, change: PassChange, left = 0): void {
    const row = this.#row()
    this.#put({
      ...row,
      isRunRequested: row.isRunRequested && left > 0,
      pending: left,
      lastPassMs: nowMs,
      passes: row.passes + 1,
      members: row.members + change.members,
      groups: row.groups + change.groups,
      failures: row.failures + change.failures,
    })
  }

  /** @returns the heartbeat to send now, which counts as sent; null: none is due */
  heartbeat(nowMs: number): WorkerHealth | null {
    const row = this.#row()
    if (!isHeartbeatDue(row, nowMs)) return null
    this.#put({ ...row, lastHeartbeatMs: nowMs })
    return heartbeatOf(this.#worker, row, nowMs)
  }

  #row(): WorkerRow {
    return this.#rows.get(this.#key) ?? NEW_WORKER
  }

  #put(row: WorkerRow): void {
    this.#rows.put(this.#key, row)
  }
}
