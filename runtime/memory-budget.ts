const KIB = 1024
/** One fetch of a partition; less would only mean more fetches. */
const PREFETCH_BYTES_MIN = 256 * KIB
const PREFETCH_BYTES_MAX = 2 * KIB * KIB
/** More does not make a restore faster. */
const RESTORE_BYTES_MAX = KIB * KIB
/** One batch; a transaction of less would be all overhead. */
const OUTPUT_BYTES_MIN = 256 * KIB

/**
 * One bound of the configuration, divided: half for state (decoded values and what is not
 * checkpointed), a quarter for records fetched ahead, a quarter for what waits for its commit.
 *
 * M1. Shares are of what this instance runs, so they grow as it has fewer tasks.
 * M2. The shares have floors, below which nothing works: with very many partitions their sum is
 *     above the bound.
 */
export class MemoryBudget {
  readonly #bytesMax: number

  /** @param bytesMax MEMORY_BYTES_MAX */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Of all tasks together: see CacheBudget for decoded values. */
  get stateBytes(): number {
    return this.#bytesMax / 2
  }

  /** Of one partition's queue; fetching pauses beyond. */
  prefetchBytes(partitions: number): number {
    const share = this.#bytesMax / 4 / Math.max(1, partitions)
    return Math.min(PREFETCH_BYTES_MAX, Math.max(PREFETCH_BYTES_MIN, Math.floor(share)))
  }

  /**
   * Of one changelog under restore, fetched and once more under way: tasks that restore have no
   * records fetched ahead, so they take that share.
   */
  restoreBytes(changelogs: number): number {
    return Math.min(RESTORE_BYTES_MAX, this.prefetchBytes(2 * changelogs))
  }

  /** Of one task's open transaction; it commits early beyond. */
  outputBytes(tasks: number): number {
    return Math.max(OUTPUT_BYTES_MIN, Math.floor(this.#bytesMax / 4 / Math.max(1, tasks)))
  }
}
