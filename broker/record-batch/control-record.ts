import { CorruptBatchError } from '../errors.ts'
import { BatchBuilder } from './batch-builder.ts'
import type { RecordBatch } from './record-batch.ts'
import { rawKey } from './record-fields.ts'

/**
 * Commit and abort markers: control batches of one record that end a producer's transaction.
 *
 * ```
 * key    version i16 = 0 · type i16 (0 abort, 1 commit)
 * value  version i16 = 0 · coordinator epoch i32
 * ```
 */
export type TransactionVerdict = 'commit' | 'abort'

const ABORT = 0
const COMMIT = 1

export interface TransactionMarker {
  readonly verdict: TransactionVerdict
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly timestampMs: number
}

/** The marker as a batch at base offset 0. */
export function encodeMarker(marker: TransactionMarker): Buffer {
  const key = Buffer.alloc(4)
  key.writeInt16BE(marker.verdict === 'commit' ? COMMIT : ABORT, 2)
  const builder = new BatchBuilder({ initialBytes: 128 })
  builder.append(key, Buffer.alloc(6), marker.timestampMs)
  return builder.finish({
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    baseSequence: -1,
    isTransactional: true,
    isControl: true,
  })
}

/**
 * The verdict of a control batch; null for control records of other kinds, which readers skip.
 *
 * @throws {CorruptBatchError} the key is shorter than a control key
 */
export function markerVerdict(batch: RecordBatch): TransactionVerdict | null {
  let verdict: TransactionVerdict | null = null
  batch.forEach((record) => {
    const key = rawKey(record)
    if (key === null || key.length < 4) throw new CorruptBatchError(record.offset, 'control key')
    const type = key.readInt16BE(2)
    if (type === COMMIT) verdict = 'commit'
    else if (type === ABORT) verdict = 'abort'
  })
  return verdict
}
