import { CorruptBatchError } from '../../errors.ts'
import type { Isolation } from '../../port.ts'
import { decodeBatches, type RecordBatch } from '../../record-batch/record-batch.ts'
import type { FetchedPartition } from '../wire/fetch.ts'
import { AbortFilter } from './abort-filter.ts'

/** What one answer brings of one partition, as far as its bytes are sound. */
export interface Stretch {
  readonly batches: readonly RecordBatch[]
  /** After everything that was read: control, aborted and empty batches too (KIP-98, K7). */
  readonly nextOffset: number
  /** What is wrong at `nextOffset`. */
  readonly damage: CorruptBatchError | null
}

/** Checks the batches of an answer and keeps those that the isolation level may see. */
export function readStretch(
  answer: FetchedPartition,
  fetchOffset: number,
  isolation: Isolation,
): Stretch {
  const filter = new AbortFilter(isolation === 'read_committed' ? answer.aborted : [])
  const batches: RecordBatch[] = []
  const damaged = (offset: number, what: string): Stretch => {
    const where = `of ${answer.topic}-${answer.partition}`
    return { batches, nextOffset, damage: new CorruptBatchError(offset, `${where}: ${what}`) }
  }
  let nextOffset = fetchOffset
  try {
    for (const batch of decodeBatches(answer.records)) {
      const isAborted = filter.covers(batch)
      if (batch.lastOffset < nextOffset) continue
      if (!isAborted && !batch.isControl) batches.push(batch.from(fetchOffset))
      nextOffset = batch.lastOffset + 1
    }
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error
    return damaged(error.offset, error.message)
  }
  const { length } = answer.records
  // A broker gives the first batch whole (KIP-74); asking again would bring the same bytes.
  if (length > 0 && nextOffset === fetchOffset) {
    return damaged(fetchOffset, `${length} bytes without a batch that reaches it`)
  }
  return { batches, nextOffset, damage: null }
}
