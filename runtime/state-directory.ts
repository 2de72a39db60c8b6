import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../broker/clock.ts'
import type { CacheBudget } from '../state/cache-budget.ts'
import { StateCorruptedError, StateLockedError } from '../state/errors.ts'
import { RocksDbDatabase } from '../state/rocksdb-database.ts'
import type { TaskDatabase } from '../state/task-database.ts'
import { TaskState } from '../state/task-state.ts'
import type { StoreSpec } from '../topology/store.ts'
import { isTaskId } from './task-id.ts'

/** Opens and wipes the state of tasks; one home on disk, another in memory for simulations. */
export interface StateDirectory {
  /**
   * A damaged database is wiped and opened anew: the changelog has everything.
   * @throws {StateLockedError} another process holds the directory
   * @throws {StateFormatError} written by a newer version, or foreign
   */
  open(taskId: string, plan: StatePlan, cacheBudget: CacheBudget): Promise<TaskState>
  /** Ids of the tasks that left state here; opened or not. */
  existing(): Promise<readonly string[]>
}

/** What a task keeps, and which part of all that its sub-topology keeps. */
export interface StatePlan {
  readonly subTopology: { readonly stores: readonly StoreSpec<never>[] }
  /** Tasks of the sub-topology: its keys are divided among them. */
  readonly partitionCount: number
}

/** How a database of a task is opened and destroyed. */
export interface DatabaseHome {
  /** @param partitionCount see {@link StatePlan} */
  open(taskId: string, partitionCount: number): Promise<TaskDatabase>
  destroy(taskId: string): Promise<void>
  existing(): Promise<readonly string[]>
}

/** How long a task handed over inside the process waits for its former owner to close. */
const HANDOVER_TIMEOUT_MS = 10_000

export class TaskStateDirectory implements StateDirectory {
  readonly #home: DatabaseHome
  readonly #clock: Clock
  readonly #onWipe: (taskId: string, error: Error) => void

  constructor(home: DatabaseHome, clock: Clock, onWipe: (taskId: string, error: Error) => void) {
    this.#home = home
    this.#clock = clock
    this.#onWipe = onWipe
  }

  async open(taskId: string, plan: StatePlan, cacheBudget: CacheBudget): Promise<TaskState> {
    try {
      return await this.#openState(taskId, plan, cacheBudget)
    } catch (error) {
      if (!(error instanceof StateCorruptedError)) throw error
      this.#onWipe(taskId, error)
      await this.#home.destroy(taskId)
      return await this.#openState(taskId, plan, cacheBudget)
    }
  }

  existing(): Promise<readonly string[]> {
    return this.#home.existing()
  }

  async #openState(
    taskId: string,
    { partitionCount, subTopology: { stores } }: StatePlan,
    cacheBudget: CacheBudget,
  ): Promise<TaskState> {
    const database = await this.#openWaiting(taskId, partitionCount)
    try {
      return await TaskState.open({ database, stores, cacheBudget })
    } catch (error) {
      await database.close()
      throw error
    }
  }

  async #openWaiting(taskId: string, partitionCount: number): Promise<TaskDatabase> {
    const deadline = this.#clock.now() + HANDOVER_TIMEOUT_MS
    for (let waitMs = 10; ; waitMs = Math.min(waitMs * 2, 500)) {
      try {
        return await this.#home.open(taskId, partitionCount)
      } catch (error) {
        if (!(error instanceof StateLockedError) || this.#clock.now() >= deadline) throw error
        await this.#clock.sleep(waitMs)
      }
    }
  }
}

/**
 * Memtable of all tasks of a sub-topology together. A task writes its state in checkpoints, rarely
 * and in bulk: of many tasks, large memtables would only hold memory, twice over. But what one task
 * has to itself is flushed in tables of this size, and fewer of them are merged fewer times.
 */
const SUB_TOPOLOGY_MEMTABLE_BYTES = 32 * 1024 * 1024
const MEMTABLE_BYTES_MIN = 4 * 1024 * 1024

/** One RocksDB directory a task: `<path>/<taskId>`. */
export function rocksDbHome(path: string): DatabaseHome {
  return {
    open: (taskId, partitionCount) => {
      const share = Math.floor(SUB_TOPOLOGY_MEMTABLE_BYTES / partitionCount)
      const writeBufferSizeBytes = Math.max(MEMTABLE_BYTES_MIN, share)
      return RocksDbDatabase.open(join(path, taskId), { writeBufferSizeBytes })
    },
    destroy: (taskId) => rm(join(path, taskId), { recursive: true, force: true }),
    existing: async () => {
      const names = await readdir(path).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw error
      })
      return names.filter(isTaskId)
    },
  }
}
