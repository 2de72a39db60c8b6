import type { Clock } from '../clock.ts'
import { RecordTooLargeError } from '../errors.ts'
import type { Ack, PartitionRecords } from '../port.ts'
import type { BatchBuilder } from '../record-batch/batch-builder.ts'
import type { LogTail, TailEntry } from './log-tail.ts'
import type { PartitionLog } from './partition-log.ts'
import type { ProducerIdentity } from './producer-identity.ts'
import type { TopicRegistry } from './topic-registry.ts'
import type { WriteQueue } from './write-queue.ts'

export interface PartitionSend {
  readonly log: PartitionLog
  readonly records: BatchBuilder
}

/** Turns builders into batches at the end of their logs. */
export class LogAppender {
  readonly #registry: TopicRegistry
  readonly #writes: WriteQueue
  readonly #tail: LogTail
  readonly #clock: Clock

  constructor(registry: TopicRegistry, writes: WriteQueue, tail: LogTail, clock: Clock) {
    this.#registry = registry
    this.#writes = writes
    this.#tail = tail
    this.#clock = clock
  }

  /**
   * Finds the logs, before anything is appended to any of them.
   *
   * @throws {UnknownTopicError}
   * @throws {RecordTooLargeError} a batch is larger than its topic takes
   * @throws {RangeError} a builder holds no record
   */
  check(records: readonly PartitionRecords[]): PartitionSend[] {
    return records.map(({ topic, partition, records: builder }) => {
      const log = this.#registry.log({ topic, partition })
      const { maxMessageBytes } = log.config
      if (builder.count === 0) throw new RangeError(`no records for ${topic}-${partition}`)
      if (builder.sizeBytes > maxMessageBytes) {
        throw new RecordTooLargeError(
          `${builder.sizeBytes} bytes for ${topic}-${partition}, which takes ${maxMessageBytes}`,
        )
      }
      return { log, records: builder }
    })
  }

  /** Appends and writes; resolves when the database has all of it. */
  async appendDurably(sends: readonly PartitionSend[], identity: ProducerIdentity): Promise<Ack[]> {
    const nowMs = this.#clock.now()
    const entries = sends.map(({ log, records }) => ({
      log,
      entry: log.append(this.#finish(log, records, identity), nowMs),
    }))
    await this.#writes.enqueue((batch) => {
      for (const { log, entry } of entries) log.put(batch, entry)
    })
    for (const { log, entry } of entries) log.written(entry)
    for (const log of new Set(entries.map(({ log }) => log))) log.notify()
    this.#tail.settle()
    return entries.map(({ log, entry }) => ackOf(log, entry))
  }

  /** Appends to an open transaction: in the log at once, on disk with the transaction's end. */
  appendOpen(
    { log, records }: PartitionSend,
    identity: ProducerIdentity,
    spill: () => void,
  ): TailEntry {
    const bytes = this.#finish(log, records, identity)
    return log.appendOpen(bytes, this.#clock.now(), identity.producerId, spill)
  }

  #finish(log: PartitionLog, records: BatchBuilder, identity: ProducerIdentity): Buffer {
    const producer = identity.next(log, records.count)
    const { producerId, producerEpoch, baseSequence } = producer
    log.sequences.advance(producerId, producerEpoch, baseSequence, records.count)
    return records.finish(producer)
  }
}

export function ackOf(log: PartitionLog, { batch }: TailEntry): Ack {
  return {
    topic: log.topic,
    partition: log.partition,
    baseOffset: batch.baseOffset,
    logAppendTimeMs: batch.isLogAppendTime ? batch.maxTimestampMs : -1,
  }
}
