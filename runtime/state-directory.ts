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
  open(
    taskId: string,
    stores: readonly StoreSpec<never>[],
    cacheBudget: CacheBudget,
  ): Promise<TaskState>
  /** Ids of the tasks that left state here; opened or not. */
  existing(): Promise<readonly string[]>
}

/** How a database of a task is opened and destroyed. */
export interface DatabaseHome {
  open(taskId: string): Promise<TaskDatabase>
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

  async open(
    taskId: string,
    stores: readonly StoreSpec<never>[],
    cacheBudget: CacheBudget,
  ): Promise<TaskState> {
    try {
      return await this.#openState(taskId, stores, cacheBudget)
    } catch (error) {
      if (!(error instanceof StateCorruptedError)) throw error
      this.#onWipe(taskId, error)
      await this.#home.destroy(taskId)
      return await this.#openState(taskId, stores, cacheBudget)
    }
  }

  existing(): Promise<readonly string[]> {
    return this.#home.existing()
  }

  async #openState(
    taskId: string,
    stores: readonly StoreSpec<never>[],
    cacheBudget: CacheBudget,
  ): Promise<TaskState> {
    const database = await this.#openWaiting(taskId)
    try {
      return await TaskState.open({ database, stores, cacheBudget })
    } catch (error) {
      await database.close()
      throw error
    }
  }

  async #openWaiting(taskId: string): Promise<TaskDatabase> {
    const deadline = this.#clock.now() + HANDOVER_TIMEOUT_MS
    for (let waitMs = 10; ; waitMs = Math.min(waitMs * 2, 500)) {
      try {
        return await this.#home.open(taskId)
      } catch (error) {
        if (!(error instanceof StateLockedError) || this.#clock.now() >= deadline) throw error
        await this.#clock.sleep(waitMs)
      }
    }
  }
}

/**
 * A task writes its state in checkpoints, rarely and in bulk: a large memtable would only hold
 * memory, twice over, for every task.
 */
const WRITE_BUFFER_BYTES = 4 * 1024 * 1024

/** One RocksDB directory a task: `<path>/<taskId>`. */
export function rocksDbHome(path: string): DatabaseHome {
  return {
    open: (taskId) =>
      RocksDbDatabase.open(join(path, taskId), { writeBufferSizeBytes: WRITE_BUFFER_BYTES }),
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
