import type { RecordBatch } from '../record-batch/record-batch.ts'

/** An aborted transaction's stretch of one partition: firstOffset ≤ offset < markerOffset. */
export interface AbortedRange {
  readonly producerId: bigint
  readonly firstOffset: number
  readonly markerOffset: number
}

/**
 * Which batches of a partition belong to aborted transactions.
 *
 * Aborts are rare, so all of them stay in memory, by the order of their markers.
 *
 * Valid below the last stable offset, where every transaction is decided.
 */
export class AbortIndex {
  #ranges: AbortedRange[]

  constructor(ranges: readonly AbortedRange[] = []) {
    this.#ranges = [...ranges]
  }

  get size(): number {
    return this.#ranges.length
  }

  add(range: AbortedRange): void {
    this.#ranges.push(range)
  }

  covers(batch: RecordBatch): boolean {
    if (!batch.isTransactional) return false
    const { producerId, baseOffset } = batch
    for (let i = this.#firstMarkerAfter(baseOffset); i < this.#ranges.length; i++) {
      const range = this.#ranges[i]!
      if (range.producerId === producerId && range.firstOffset <= baseOffset) return true
    }
    return false
  }

  /** Forgets ranges whose marker lies before `offset`; @returns them */
  dropBefore(offset: number): readonly AbortedRange[] {
    return this.#ranges.splice(0, this.#firstMarkerAfter(offset - 1))
  }

  #firstMarkerAfter(offset: number): number {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#ranges[middle]!.markerOffset > offset) high = middle
      else low = middle + 1
    }
    return low
  }
}
