import type { BatchBuilder } from '../broker/record-batch/batch-builder.ts'
import { setBaseOffset, setLogAppendTime } from '../broker/record-batch/batch-header.ts'
import type { RawRecord, RecordHeader } from '../broker/record-batch/record.ts'
import { RecordBatch } from '../broker/record-batch/record-batch.ts'
import { rawKey, rawValue, readHeaders } from '../broker/record-batch/record-fields.ts'

/** A record as it was written to a topic. */
export interface DriverRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** As UTF-8 text; of a changelog its bytes are the store's key. */
  readonly key: string | null
  readonly value: Buffer | null
  readonly timestampMs: number
  readonly headers: readonly RecordHeader[]
}

const noProducer = {
  producerId: -1n,
  producerEpoch: -1,
  baseSequence: -1,
  isTransactional: false,
} as const

/** Gives batches their place in the topics of a test driver; keeps no records itself. */
export class DriverLog {
  readonly #nextOffsets = new Map<string, number>()

  nextOffset(topic: string, partition: number): number {
    return this.#nextOffsets.get(`${topic}-${partition}`) ?? 0
  }

  /**
   * Ends a batch and gives it offsets, as a broker does on append.
   * @param appendTimeMs stamps the records, as a topic with log append time does
   */
  append(
    topic: string,
    partition: number,
    records: BatchBuilder,
    appendTimeMs: number | undefined,
  ): RecordBatch {
    const bytes = records.finish(noProducer)
    setBaseOffset(bytes, this.nextOffset(topic, partition))
    if (appendTimeMs !== undefined) setLogAppendTime(bytes, appendTimeMs)
    const batch = new RecordBatch(bytes)
    this.#nextOffsets.set(`${topic}-${partition}`, batch.lastOffset + 1)
    return batch
  }
}

/** A record that was written and not read yet. */
export interface WrittenRecord {
  readonly topic: string
  readonly partition: number
  readonly raw: RawRecord
}

export function readable({ partition, raw, topic }: WrittenRecord): DriverRecord {
  return {
    topic,
    partition,
    offset: raw.offset,
    key: rawKey(raw)?.toString('utf8') ?? null,
    value: rawValue(raw),
    timestampMs: raw.timestampMs,
    headers: readHeaders(raw),
  }
}
