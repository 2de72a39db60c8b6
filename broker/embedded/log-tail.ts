import type { RecordBatch } from '../record-batch/record-batch.ts'

/** A batch that is in memory. */
export interface TailEntry {
  readonly batch: RecordBatch
  readonly owner: TailOwner
  /** The database has it: it may leave memory. */
  isWritten: boolean
  /** Its log was deleted: it counts no more. */
  isDropped: boolean
  /** Writes the open transaction that keeps it from the disk; null: a write is on its way. */
  readonly spill: (() => void) | null
}

export interface TailOwner {
  /** Forgets `entry`, its oldest in memory. */
  evict(entry: TailEntry): void
}

/**
 * The newest batches of all partitions, up to a budget.
 *
 * A reader just behind the writer is served from here, without the disk.
 *
 * L1. Batches leave in the order they came, hence each partition keeps a suffix of its log.
 * L2. A batch leaves only when it is written. When the oldest belongs to an open transaction,
 *     that transaction's data is written early: so open transactions are bounded by the same
 *     budget, however long they stay open.
 */
export class LogTail {
  readonly #bytesMax: number
  #entries: TailEntry[] = []
  #first = 0
  #sizeBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  add(entry: TailEntry): void {
    this.#entries.push(entry)
    this.#sizeBytes += entry.batch.buffer.length
    this.settle()
  }

  drop(entry: TailEntry): void {
    if (entry.isDropped) return
    entry.isDropped = true
    this.#sizeBytes -= entry.batch.buffer.length
  }

  /** Evicts down to the budget as far as L2 allows; called again when batches were written. */
  settle(): void {
    while (this.#sizeBytes > this.#bytesMax && this.#first < this.#entries.length) {
      const oldest = this.#entries[this.#first]!
      if (!oldest.isDropped) {
        if (!oldest.isWritten) {
          oldest.spill?.()
          break
        }
        this.#sizeBytes -= oldest.batch.buffer.length
        oldest.owner.evict(oldest)
      }
      this.#first++
    }
    if (this.#first > 256 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
  }
}
