import { setTimeout as sleep } from 'node:timers/promises'
import { toByteString } from '../bytes/byte-string.ts'
import { WORKERS } from '../schemas/worker-records.ts'
import type { QueryPort, TaskStatus } from '../state/query-port.ts'
import { workerStoreName, type WorkerStateRow } from '../state/worker-rows.ts'
import { ProgressLine, remainingMs } from './progress-line.ts'
import { count, duration } from './quantities.ts'
import type { Terminal } from './terminal.ts'

const LOOK_INTERVAL_MS = 50

export interface Watched {
  tasks(): readonly TaskStatus[]
}

/** What a start waits for: with more instances than tasks one may be given none. */
export interface Starting extends Watched {
  instances(): readonly unknown[]
}

/**
 * Resolves when every task runs, showing how far restores are.
 * @returns records restored; what rejects is the signal's abort
 */
export async function untilRunning(
  instance: Starting,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const progress = new ProgressLine(terminal)
  const startedMs = Date.now()
  const restored = new Map<string, { done: number; total: number }>()
  try {
    for (;;) {
      const tasks = instance.tasks().filter(({ role }) => role === 'active')
      for (const { taskId, restore } of tasks) {
        if (restore === null) continue
        restored.set(taskId, { done: restore.restoredRecords, total: restore.totalRecords })
      }
      const waiting = tasks.filter(({ state }) => state !== 'running')
      const isAssigned = tasks.length > 0 || instance.instances().length > 0
      if (isAssigned && waiting.length === 0) return sum(restored, 'total')
      progress.update(() => restoreText(waiting.length, tasks.length, restored, startedMs))
      await sleep(LOOK_INTERVAL_MS, undefined, { signal })
    }
  } finally {
    progress.clear()
  }
}

type Restored = ReadonlyMap<string, { readonly done: number; readonly total: number }>

function sum(restored: Restored, field: 'done' | 'total'): number {
  return [...restored.values()].reduce((total, each) => total + each[field], 0)
}

function restoreText(
  waiting: number,
  tasks: number,
  restored: Restored,
  startedMs: number,
): string {
  const starting = `starting ${waiting} of ${tasks} tasks`
  const done = sum(restored, 'done')
  const total = sum(restored, 'total')
  if (total === 0) return starting
  const elapsedMs = Date.now() - startedMs
  const left = remainingMs(done, total, elapsedMs)
  const rate = `${count((done * 1000) / Math.max(1, elapsedMs))} records/s`
  const time = left === null ? '' : `, ${duration(left)} left`
  return `${starting}: ${count(done)} of ${count(total)} records restored, ${rate}${time}`
}

/**
 * Resolves when what the inputs held at some moment since the call is processed and committed.
 * @returns false: the input did not become empty within `timeoutMs`
 */
export function untilCaughtUp(
  instance: Watched,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  return untilQuiet(() => Promise.resolve(lagOf(instance) === 0), timeoutMs, signal)
}

/**
 * As {@link untilCaughtUp}, and until the workers have announced what follows from it. A worker
 * that is paused announces nothing, and is not waited for.
 */
export function untilAnnounced(
  query: QueryPort,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const isQuiet = async (): Promise<boolean> => lagOf(query) === 0 && !(await isAnyPending(query))
  return untilQuiet(isQuiet, timeoutMs, signal)
}

async function untilQuiet(
  isQuiet: () => Promise<boolean>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  // A record may be between two tasks, seen by neither: two looks in a row must find nothing.
  for (let quiet = 0; quiet < 2;) {
    quiet = (await isQuiet()) ? quiet + 1 : 0
    if (Date.now() >= deadline) return false
    await sleep(LOOK_INTERVAL_MS * 4, undefined, { signal })
  }
  return true
}

function lagOf(instance: Watched): number {
  const tasks = instance.tasks().filter(({ role }) => role === 'active')
  return tasks.reduce((total, task) => total + task.lag, 0)
}

async function isAnyPending(query: QueryPort): Promise<boolean> {
  const stores = new Set(query.stores().map(({ name }) => name))
  for (const worker of WORKERS) {
    const store = workerStoreName(worker)
    if (!stores.has(store)) continue
    const { value } = await query.get<WorkerStateRow>(store, worker, toByteString(worker))
    if (value !== undefined && value.status === 'running' && value.pending > 0) return true
  }
  return false
}
