import type { RestoreProgress } from '../state/query-port.ts'

/** Counts a task's restore and says how fast it goes and how long it will take. */
export class RestoreMeter {
  readonly #startedAtMs: number
  #totalRecords = 0
  #restoredRecords = 0

  constructor(nowMs: number) {
    this.#startedAtMs = nowMs
  }

  /** Offsets still to read: an upper bound of the records, since compaction leaves gaps. */
  expect(records: number): void {
    this.#totalRecords += records
  }

  /** @param offsets the distance the position moved */
  advance(offsets: number): void {
    this.#restoredRecords += offsets
  }

  progress(nowMs: number): RestoreProgress {
    const elapsedMs = Math.max(1, nowMs - this.#startedAtMs)
    const rate = (this.#restoredRecords * 1000) / elapsedMs
    const left = Math.max(0, this.#totalRecords - this.#restoredRecords)
    return {
      restoredRecords: this.#restoredRecords,
      totalRecords: this.#totalRecords,
      recordsPerSecond: Math.round(rate),
      remainingMs: rate > 0 ? Math.round((left * 1000) / rate) : null,
    }
  }
}
