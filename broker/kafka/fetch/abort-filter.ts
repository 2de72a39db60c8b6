import { markerVerdict } from '../../record-batch/control-record.ts'
import type { RecordBatch } from '../../record-batch/record-batch.ts'
import type { AbortedTransaction } from '../wire/fetch.ts'

/**
 * Tells the batches of aborted transactions in one fetch answer (read_committed).
 *
 * A1. The broker lists aborted transactions in the order of their ends: they are sorted by their
 *     beginnings first, or overlapping ones would leak.
 * A2. A producer's transaction is over at its abort marker, told by the control bit of the batch:
 *     a key of the same four bytes is data.
 * A3. The list has every aborted transaction that touches the answer, those begun before it too;
 *     nothing is carried from one answer to the next.
 *
 * Source: KIP-98; CompletedFetch in Kafka's Java client.
 */
export class AbortFilter {
  /** Last first, so that the next one is popped. */
  readonly #ahead: AbortedTransaction[]
  readonly #aborting = new Set<bigint>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = [...aborted].sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /**
   * True: the batch is of a transaction that was aborted. Every batch of the answer must be asked
   * for once, in order, markers too.
   *
   * @throws {CorruptBatchError} a marker cannot be read
   */
  covers(batch: RecordBatch): boolean {
    for (let next = this.#ahead.at(-1); next !== undefined; next = this.#ahead.at(-1)) {
      if (next.firstOffset > batch.lastOffset) break
      this.#aborting.add(next.producerId)
      this.#ahead.pop()
    }
    if (this.#aborting.size === 0 || !batch.isTransactional) return false
    const { producerId } = batch
    if (!batch.isControl) return this.#aborting.has(producerId)
    if (markerVerdict(batch) === 'abort') this.#aborting.delete(producerId)
    return false
  }
}
