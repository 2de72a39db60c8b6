import type { RecordBatch } from '../record-batch/record-batch.ts'
import type { TailEntry } from './log-tail.ts'

/**
 * One partition's batches in memory: a suffix of its log, found by offset.
 *
 * T1. Holds every batch at or after `startOffset`.
 */
export class TailWindow {
  #entries: TailEntry[] = []
  #first = 0
  #startOffset: number

  constructor(startOffset: number) {
    this.#startOffset = startOffset
  }

  get startOffset(): number {
    return this.#startOffset
  }

  push(entry: TailEntry): void {
    this.#entries.push(entry)
  }

  evict(entry: TailEntry): void {
    this.#first++
    this.#startOffset = entry.batch.lastOffset + 1
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
  }

  /** Forgets batches that end before `offset`; @returns them */
  clearBefore(offset: number): readonly TailEntry[] {
    const next = this.#firstReaching(offset)
    const cleared = this.#entries.slice(this.#first, next)
    this.#entries = this.#entries.slice(next)
    this.#first = 0
    const last = cleared.at(-1)
    if (last !== undefined) this.#startOffset = last.batch.lastOffset + 1
    return cleared
  }

  /** @returns what it held */
  clear(): readonly TailEntry[] {
    const held = this.#entries.slice(this.#first)
    this.#entries = []
    this.#first = 0
    return held
  }

  /**
   * Batches with records in position ≤ offset < end: the first whatever its size, then more up to
   * `bytesMax`.
   */
  read(position: number, end: number, bytesMax: number): RecordBatch[] {
    const batches: RecordBatch[] = []
    let sizeBytes = 0
    for (let i = this.#firstReaching(position); i < this.#entries.length; i++) {
      const { batch } = this.#entries[i]!
      if (batch.baseOffset >= end) break
      sizeBytes += batch.buffer.length
      if (sizeBytes > bytesMax && batches.length > 0) break
      batches.push(batch)
    }
    return batches
  }

  #firstReaching(position: number): number {
    let low = this.#first
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]!.batch.lastOffset >= position) high = middle
      else low = middle + 1
    }
    return low
  }
}
