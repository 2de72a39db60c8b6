import type { RecordBatch } from '../record-batch/record-batch.ts'
import type { SegmentRow } from './rows.ts'

/**
 * A stretch of consecutive batches: what the index knows of about a megabyte of log.
 *
 * Sizes and times are upper bounds: batches of a transaction that a crash undid are still counted.
 */
export interface Segment extends SegmentRow {
  readonly baseOffset: number
}

type Growing = { -readonly [K in keyof Segment]: Segment[K] }

/**
 * The segments of a partition, oldest first; all but the last are closed.
 *
 * Answers by size and time without reading the log: retention, offsets by time, how much is dirty.
 * A row a segment costs a put per megabyte, where an index row a batch would double the puts.
 *
 * S1. Segments do not overlap; every batch lies in exactly one.
 * S2. Rows of closed segments reach the disk with the next write of their partition, so after a
 *     crash only batches behind the last row must be read again.
 */
export class SegmentIndex {
  readonly #segmentBytes: number
  #closed: Segment[]
  #active: Growing | null = null
  #unsaved: Segment[] = []
  #closedBytes = 0

  constructor(segmentBytes: number, closed: readonly Segment[] = []) {
    this.#segmentBytes = segmentBytes
    this.#closed = [...closed]
    for (const { sizeBytes } of closed) this.#closedBytes += sizeBytes
  }

  get closed(): readonly Segment[] {
    return this.#closed
  }

  get active(): Segment | null {
    return this.#active
  }

  get sizeBytes(): number {
    return this.#closedBytes + (this.#active?.sizeBytes ?? 0)
  }

  /** The first offset that no closed segment covers. */
  get closedEnd(): number {
    const last = this.#closed.at(-1)
    return last === undefined ? 0 : last.lastOffset + 1
  }

  /** The segment that holds `offset`, or the first after it; null: there is none. */
  at(offset: number): Segment | null {
    let low = 0
    let high = this.#closed.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#closed[middle]!.lastOffset >= offset) high = middle
      else low = middle + 1
    }
    const found = this.#closed[low] ?? this.#active
    return found !== null && found.lastOffset >= offset ? found : null
  }

  add(batch: RecordBatch, appendedAtMs: number): void {
    const sizeBytes = batch.buffer.length
    if (this.#active !== null && this.#active.sizeBytes + sizeBytes > this.#segmentBytes) {
      this.roll()
    }
    if (this.#active === null) {
      const { baseOffset, lastOffset, maxTimestampMs } = batch
      this.#active = { baseOffset, lastOffset, maxTimestampMs, sizeBytes, appendedAtMs }
      return
    }
    this.#active.lastOffset = batch.lastOffset
    this.#active.sizeBytes += sizeBytes
    this.#active.appendedAtMs = appendedAtMs
    if (batch.maxTimestampMs > this.#active.maxTimestampMs) {
      this.#active.maxTimestampMs = batch.maxTimestampMs
    }
  }

  /** Closes the active segment. */
  roll(): void {
    if (this.#active === null) return
    this.#closed.push(this.#active)
    this.#unsaved.push(this.#active)
    this.#closedBytes += this.#active.sizeBytes
    this.#active = null
  }

  /** Closed segments whose rows are not on disk; the caller writes them now. */
  takeUnsaved(): readonly Segment[] {
    const unsaved = this.#unsaved
    if (unsaved.length > 0) this.#unsaved = []
    return unsaved
  }

  has(segment: Segment): boolean {
    return this.#closed.includes(segment)
  }

  /** Puts what compaction left of closed neighbours in their place; the caller saves its row. */
  replace(from: Segment, to: Segment, by: Segment): void {
    const start = this.#closed.indexOf(from)
    const replaced = this.#closed.splice(start, this.#closed.indexOf(to) - start + 1, by)
    this.#closedBytes += by.sizeBytes
    for (const { sizeBytes } of replaced) this.#closedBytes -= sizeBytes
    this.#unsaved = this.#unsaved.filter((segment) => !replaced.includes(segment))
  }

  /** Forgets segments that end before `offset`; @returns them */
  dropBefore(offset: number): readonly Segment[] {
    const kept = this.#closed.findIndex(({ lastOffset }) => lastOffset >= offset)
    const dropped = this.#closed.splice(0, kept < 0 ? this.#closed.length : kept)
    for (const { sizeBytes } of dropped) this.#closedBytes -= sizeBytes
    if (this.#active !== null && this.#active.lastOffset < offset) this.#active = null
    return dropped
  }

  /** Segments that may hold a record at or after a time, oldest first. */
  *reaching(timestampMs: number): Generator<Segment, void, undefined> {
    for (const segment of this.#closed) if (segment.maxTimestampMs >= timestampMs) yield segment
    if (this.#active !== null && this.#active.maxTimestampMs >= timestampMs) yield this.#active
  }
}
