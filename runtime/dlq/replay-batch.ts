import type { PartitionRecords } from '../../broker/port.ts'
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import type { DeadLetterRecord } from '../../state/dead-letter-port.ts'
import { REPLAY_COUNT, REPLAY_MARKER, REPLAY_OF, isCarried } from './dead-letter-headers.ts'
import { addressText } from './dead-letter-scan.ts'

const RECORDS_MAX = 500
const BYTES_MAX = 256 * 1024

/** What one transaction of a replay sends: records to where they came from, and their marker. */
export class ReplayBatch {
  readonly #deadLetterTopic: string
  readonly #outputs = new Map<string, PartitionRecords[]>()
  readonly #addresses: string[] = []
  #bytes = 0

  constructor(deadLetterTopic: string) {
    this.#deadLetterTopic = deadLetterTopic
  }

  get isEmpty(): boolean {
    return this.#addresses.length === 0
  }

  get isFull(): boolean {
    return this.#addresses.length >= RECORDS_MAX || this.#bytes >= BYTES_MAX
  }

  /** Key, value, time and the record's own headers go back as they were. */
  add(deadLetter: DeadLetterRecord): void {
    const { key, replayCount, source, value } = deadLetter
    const own = deadLetter.headers.filter((each) => isCarried(each) && each.key !== REPLAY_COUNT)
    const of = `${this.#deadLetterTopic} ${addressText(deadLetter)}`
    this.#builder(source, (value?.length ?? 0) + (key?.length ?? 0)).append(
      key,
      value,
      source.timestampMs,
      [
        ...own,
        { key: REPLAY_OF, value: Buffer.from(of) },
        { key: REPLAY_COUNT, value: Buffer.from(String(replayCount + 1)) },
      ],
    )
    this.#addresses.push(addressText(deadLetter))
    this.#bytes += (value?.length ?? 0) + (key?.length ?? 0)
  }

  take(nowMs: number): PartitionRecords[] {
    const marker = new BatchBuilder()
    const value = Buffer.from(this.#addresses.join(','), 'latin1')
    marker.append(null, value, nowMs, [{ key: REPLAY_MARKER, value: null }])
    const mark = { topic: this.#deadLetterTopic, partition: 0, records: marker }
    return [...[...this.#outputs.values()].flat(), mark]
  }

  /** A batch of the log holds at most 1 MiB: records near that get one each. */
  #builder(source: { topic: string; partition: number }, bytes: number): BatchBuilder {
    const { topic, partition } = source
    const name = `${topic}-${partition}`
    const outputs = this.#outputs.get(name) ?? []
    this.#outputs.set(name, outputs)
    const last = outputs.at(-1)
    if (last !== undefined && last.records.sizeBytes + bytes <= BYTES_MAX) return last.records
    const records = new BatchBuilder()
    outputs.push({ topic, partition, records })
    return records
  }
}
