const RECORDS_MAX = 1000
/** Between a batch that may grow and one that must shrink. */
const SHORT_MS = 25
const LONG_MS = 50

/**
 * How many records the next batch of a task takes, so that it holds the event loop for a moment
 * only, however slow its processors are: heartbeats, other tasks and queries wait for its end.
 *
 * Begins with one record, for nothing is known of them yet, and doubles while full batches are
 * short. After a long one the next takes what would fit into half of LONG_MS.
 */
export class BatchSize {
  #records = 1

  get records(): number {
    return this.#records
  }

  /**
   * @param processed records that the last batch took; it may have found fewer than it asked for
   * @param busyMs how long it held the event loop; what it waited for the disk held up nobody
   */
  observe(processed: number, busyMs: number): void {
    if (busyMs > LONG_MS) {
      const fitting = Math.floor((processed * LONG_MS) / (2 * busyMs))
      this.#records = Math.max(1, Math.min(this.#records, fitting))
    } else if (busyMs <= SHORT_MS && processed >= this.#records) {
      this.#records = Math.min(RECORDS_MAX, 2 * this.#records)
    }
  }
}
