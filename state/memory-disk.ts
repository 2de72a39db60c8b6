import type { ByteString } from '../bytes/byte-string.ts'
import { StateLockedError } from './errors.ts'
import { MemoryRows } from './memory-rows.ts'

/** One operation of a batch: a put, a delete (`value` null), or a delete of gte ≤ key < lt. */
export type MemoryWrite =
  | { readonly key: ByteString; readonly value: Buffer | null }
  | { readonly gte: ByteString; readonly lt: ByteString }

interface Overwritten {
  readonly key: ByteString
  readonly value: Buffer | null
}

export interface MemoryDiskOptions {
  /**
   * Remembers what unflushed batches overwrote, so that `crash` can model power loss. Costs the
   * old values until the next flush. @default false
   */
  readonly powerLoss?: boolean
}

export type DiskOperation = 'read' | 'write' | 'flush'

/**
 * What survives a crash of the process that held a {@link MemoryDatabase}.
 *
 * M1. One owner at a time, as a directory's lock; a crash takes it from its owner, whose later
 *     calls fail and change nothing.
 * M2. A process crash keeps every batch whose write had happened. Power loss keeps those flushed
 *     and a prefix of the rest, each whole: as RocksDB's log in point-in-time recovery.
 * M3. Before each operation the `beforeOperation` hook is awaited. A simulation delays there, or
 *     throws what the disk reports: then the operation has not happened.
 */
export class MemoryDisk {
  readonly rows = new MemoryRows()
  /** Awaited before an operation touches the disk (M3). @default one microtask */
  beforeOperation: (operation: DiskOperation) => Promise<void> = () => Promise.resolve()
  readonly #powerLoss: boolean
  #owner: object | null = null
  /** For each unflushed batch what undoes it, oldest first. */
  #undo: Overwritten[][] = []

  constructor(options: MemoryDiskOptions = {}) {
    this.#powerLoss = options.powerLoss ?? false
  }

  /** Batches that power loss may cost now; always 0 without the `powerLoss` option. */
  get unflushedBatches(): number {
    return this.#undo.length
  }

  /** @throws {StateLockedError} */
  lock(owner: object): void {
    if (this.#owner !== null) {
      throw new StateLockedError('the memory disk is in use by another owner; close that one first')
    }
    this.#owner = owner
  }

  unlock(owner: object): void {
    if (this.#owner === owner) this.#owner = null
  }

  isOwnedBy(owner: object): boolean {
    return this.#owner === owner
  }

  /** Applies a batch at once; values are copied. */
  apply(writes: readonly MemoryWrite[]): void {
    const overwritten: Overwritten[] = []
    const set = (key: ByteString, value: Buffer | null): void => {
      if (this.#powerLoss) overwritten.push({ key, value: this.rows.get(key) })
      this.rows.set(key, value)
    }
    for (const write of writes) {
      if ('key' in write) set(write.key, write.value && Buffer.from(write.value))
      else for (const key of this.rows.keys(write.gte, write.lt)) set(key, null)
    }
    if (this.#powerLoss) this.#undo.push(overwritten.reverse())
  }

  flushed(): void {
    this.#undo = []
  }

  /**
   * Ends the owner where it stands.
   * @param powerLoss how many of the unflushed batches survive; absent: the process alone died and
   *   all do
   */
  crash(powerLoss?: { readonly survivingBatches: number }): void {
    this.#owner = null
    this.rows.releaseViews()
    if (powerLoss === undefined) return
    while (this.#undo.length > powerLoss.survivingBatches) {
      for (const { key, value } of this.#undo.pop()!) this.rows.set(key, value)
    }
    this.#undo = []
  }
}
