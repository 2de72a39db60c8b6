import { BatchBuilder } from '../broker/record-batch/batch-builder.ts'
import { partitionForText } from '../bytes/murmur2.ts'
import type { Broker, PartitionRecords, Producer } from '../broker/port.ts'
import type { IngestPort, IngestRecord, InputPosition } from '../state/query-port.ts'
import { RuntimeConfigError } from './errors.ts'
import { BATCH_BYTES_MAX } from './internal-topics.ts'

const BATCH_BYTES_TARGET = BATCH_BYTES_MAX / 4
const RECORD_OVERHEAD_BYTES = 128

/** Appends records from outside to input topics; resolves when they are durable in the log. */
export class IngestService implements IngestPort {
  readonly #broker: Broker
  readonly #producer: Producer
  readonly #partitionCounts = new Map<string, number>()

  constructor(broker: Broker) {
    this.#broker = broker
    this.#producer = broker.producer()
  }

  async append(topic: string, records: readonly IngestRecord[]): Promise<InputPosition[]> {
    const count = await this.#partitionCount(topic)
    const partitions: BatchBuilder[][] = Array.from({ length: count }, () => [])
    const key = (record: IngestRecord) => Buffer.from(record.key, 'utf8')
    for (const record of records) {
      const builders = partitions[partitionForText(record.key, count)]!
      let last = builders[builders.length - 1]
      const bytes = record.value.length + record.key.length * 3 + RECORD_OVERHEAD_BYTES
      if (last === undefined || last.sizeBytes + bytes > BATCH_BYTES_TARGET) {
        last = new BatchBuilder()
        builders.push(last)
      }
      last.append(key(record), record.value, record.timestampMs)
    }
    const sends = partitions.flatMap((builders, partition) =>
      builders.map((batch): PartitionRecords => ({ topic, partition, records: batch })),
    )
    if (sends.length === 0) return []
    // Asked before: a builder is spent by sending it.
    const lastCounts = partitions.map((builders) => builders.at(-1)?.count ?? 0)
    const ends = new Map<number, number>()
    for (const { partition, baseOffset } of await this.#producer.send(sends)) {
      // A partition's batches are appended in turn, so the greatest base is that of the last.
      const end = baseOffset + lastCounts[partition]!
      ends.set(partition, Math.max(ends.get(partition) ?? 0, end))
    }
    return [...ends].map(([partition, offset]) => ({ topic, partition, offset }))
  }

  close(): Promise<void> {
    return this.#producer.close()
  }

  async #partitionCount(topic: string): Promise<number> {
    const known = this.#partitionCounts.get(topic)
    if (known !== undefined) return known
    const [description] = await this.#broker.describeTopics([topic])
    if (description === undefined) {
      throw new RuntimeConfigError(`topic ${topic} does not exist: nothing was accepted`)
    }
    this.#partitionCounts.set(topic, description.partitions)
    return description.partitions
  }
}
