import {
  ATTRIBUTES_AT,
  COMPRESSION_MASK,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  HEADER_BYTES,
  MAX_TIMESTAMP_AT,
  RECORD_COUNT_AT,
  sealChecksum,
  writeInt64,
} from './batch-header.ts'
import type { RecordBatch } from './record-batch.ts'
import type { RawRecord } from './record.ts'
import { VarintCursor } from './varint.ts'

const cursor = new VarintCursor()

/**
 * The batch without the records that `keep` refuses.
 *
 * Kept records are copied as they are: base offset, last offset and base timestamp stay, so their
 * deltas do too, and the batch still covers the same offsets, with gaps.
 *
 * What is left of a compressed batch is not compressed again.
 *
 * @returns the batch's own buffer when all are kept; null when none is
 */
export function retainRecords(
  batch: RecordBatch,
  keep: (record: RawRecord) => boolean,
): Buffer | null {
  const section = batch.section()
  const { buffer, start } = section
  const kept = Buffer.allocUnsafeSlow(HEADER_BYTES + buffer.length - start)
  let end = HEADER_BYTES
  let count = 0
  let maxTimestampMs = -1
  let recordStart = start
  batch.forEach((record) => {
    cursor.position = recordStart
    const length = cursor.varint(buffer)
    const recordEnd = cursor.position + length
    if (keep(record)) {
      buffer.copy(kept, end, recordStart, recordEnd)
      end += recordEnd - recordStart
      count++
      if (record.timestampMs > maxTimestampMs) maxTimestampMs = record.timestampMs
    }
    recordStart = recordEnd
  }, section)
  if (count === batch.recordCount) return batch.buffer
  if (count === 0) return null
  batch.buffer.copy(kept, 0, 0, HEADER_BYTES)
  const compacted = Buffer.from(kept.subarray(0, end))
  compacted.writeInt16BE(compacted.readInt16BE(ATTRIBUTES_AT) & ~COMPRESSION_MASK, ATTRIBUTES_AT)
  compacted.writeInt32BE(end - LENGTH_OVERHEAD, LENGTH_AT)
  compacted.writeInt32BE(count, RECORD_COUNT_AT)
  writeInt64(compacted, maxTimestampMs, MAX_TIMESTAMP_AT)
  sealChecksum(compacted)
  return compacted
}
