import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import {
  sealChecksum,
  setBaseOffset,
  setLogAppendTime,
} from '../../broker/record-batch/batch-header.ts'
import { decodeBatches, type RecordBatch } from '../../broker/record-batch/record-batch.ts'
import { rawKey, rawValue } from '../../broker/record-batch/record-fields.ts'

const plainProducer = {
  producerId: -1n,
  producerEpoch: -1,
  baseSequence: -1,
  isTransactional: false,
}

/** A batch as it would lie in the log at `baseOffset`, one record a timestamp. */
export function batchAt(baseOffset: number, timestampsMs: readonly number[]): RecordBatch {
  const builder = new BatchBuilder()
  for (const [i, timestampMs] of timestampsMs.entries()) {
    builder.append(Buffer.from(`k${i}`), Buffer.from(`v${i}`), timestampMs)
  }
  const bytes = builder.finish(plainProducer)
  setBaseOffset(bytes, baseOffset)
  sealChecksum(bytes)
  return [...decodeBatches(bytes)][0]!
}

/** A batch that the broker stamped when it appended it. */
export function appendedAt(baseOffset: number, count: number, atMs: number): RecordBatch {
  const { buffer } = batchAt(
    baseOffset,
    Array.from({ length: count }, () => 0),
  )
  setLogAppendTime(buffer, atMs)
  sealChecksum(buffer)
  return [...decodeBatches(buffer)][0]!
}

export interface PlainRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestampMs: number
}

/** What a builder would write; spends it. */
export function recordsOf(builder: BatchBuilder): PlainRecord[] {
  return [...decodeBatches(builder.finish(plainProducer))].flatMap(recordsIn)
}

export function recordsIn(batch: RecordBatch): PlainRecord[] {
  const records: PlainRecord[] = []
  batch.forEach((raw) => {
    records.push({ key: rawKey(raw), value: rawValue(raw), timestampMs: raw.timestampMs })
  })
  return records
}
