import { StateCorruptedError } from './errors.ts'
import type { DatabaseRow } from './task-database.ts'

/**
 * Numbered marks in the stream of writes, by which a database that lost a stretch of them is found
 * out.
 *
 * RocksDB takes a manifest cut at a record's end, or damaged in a record's length, for one that
 * simply ends there. It then deletes the tables flushed since as orphans, while the log still
 * gives back what was written after them: a hole, with a newer position behind it. No checksum
 * tells; a missing mark does.
 *
 * M1. Marks are numbered consecutively; number n lies in slot n mod SLOTS. Every batch also writes
 *     the number of the last mark (the head), its own where it carries one. So whatever prefix of
 *     the batches survives a crash, the slots hold consecutive numbers that end with the head.
 * M2. The newest flushed table holds a mark: one is written and flushed at every opening, one
 *     before every flush asked for, and one in every MARK_INTERVALS-th part of a memtable, which
 *     RocksDB flushes by itself. As a cut manifest loses the newest tables first, whatever it
 *     loses, a mark is lost with it, and any later batch has a head that names it.
 * M3. The log holds at most some three memtables, so fewer marks than there are slots: a lost one
 *     is not yet overwritten.
 */
const SLOTS = 256
const MARK_INTERVALS = 8
/** About what a row costs a memtable beyond its bytes. */
export const ROW_OVERHEAD_BYTES = 64

const HEAD_KEY = '\u0000m'

/** Where marks lie: below every key of users (D6 of {@link TaskDatabase}). */
export const MARKS = { gte: HEAD_KEY, lt: '\u0000n' } as const

export class WriteMarks {
  #last: number
  #bytesSince = 0
  readonly #intervalBytes: number

  private constructor(last: number, memtableBytes: number) {
    this.#last = last
    this.#intervalBytes = memtableBytes / MARK_INTERVALS
  }

  /**
   * @param rows of the range {@link MARKS}
   * @throws {StateCorruptedError} one is missing: writes were lost before newer ones
   */
  static of(directory: string, rows: readonly DatabaseRow[], memtableBytes: number): WriteMarks {
    const head = rows.find(([key]) => key === HEAD_KEY)
    const last = head === undefined ? 0 : numberOf(head)
    const marks = rows.filter((row) => row !== head).map(numberOf)
    const isWhole = marks.every((number) => number > last - SLOTS && number <= last)
    if (!isWhole || marks.length !== Math.min(last, SLOTS)) {
      throw new StateCorruptedError(
        `the database in ${directory} is damaged: writes are missing before newer ones`,
      )
    }
    return new WriteMarks(last, memtableBytes)
  }

  /** True if a batch of so many bytes must carry the next mark. */
  isDue(batchBytes: number): boolean {
    return this.#bytesSince + batchBytes >= this.#intervalBytes
  }

  /** What a batch writes besides its own rows; the same until it is `written`. */
  rows(withMark: boolean): DatabaseRow[] {
    const number = this.#last + (withMark ? 1 : 0)
    const value = Buffer.alloc(6)
    value.writeUIntBE(number, 0, 6)
    const rows: DatabaseRow[] = [[HEAD_KEY, value]]
    if (withMark) rows.push([HEAD_KEY + String.fromCharCode(number % SLOTS), value])
    return rows
  }

  /** Told when a batch is written. */
  written(batchBytes: number, withMark: boolean): void {
    if (withMark) {
      this.#last++
      this.#bytesSince = 0
    } else {
      this.#bytesSince += batchBytes
    }
  }
}

function numberOf([, value]: DatabaseRow): number {
  return value.readUIntBE(0, 6)
}
