import type { Broker, RawRecord } from '../../broker/port.ts'
import type {
  DeadLetterAddress,
  DeadLetterFilter,
  DeadLetterRecord,
  DeadLetterSummary,
} from '../../state/dead-letter-port.ts'
import { committedRecords, wholeTopics, type OffsetRange } from '../committed-records.ts'
import { readDeadLetter, readMarker } from './dead-letter-headers.ts'

/** Reads dead letters of a topic that match. */
export class DeadLetterScan {
  readonly #broker: Broker
  readonly #topic: string

  constructor(broker: Broker, topic: string) {
    this.#broker = broker
    this.#topic = topic
  }

  /**
   * Every match, partition by partition as they lie, in the topic as it is now; null for a record
   * that is a marker or no dead letter.
   */
  async forEach(
    filter: DeadLetterFilter,
    each: (match: DeadLetterRecord | null, raw: RawRecord) => void,
    afterFetch: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const matches = matcher(filter)
    const ranges = await wholeTopics(this.#broker, [this.#topic])
    for await (const { partition, records } of committedRecords(this.#broker, ranges)) {
      for (const raw of records) {
        const found = readDeadLetter(partition, raw)
        if (found === null || matches(found)) each(found, raw)
      }
      await afterFetch()
    }
  }

  /** Null: no dead letter lies there. */
  async at({ partition, offset }: DeadLetterAddress): Promise<DeadLetterRecord | null> {
    const ranges = await wholeTopics(this.#broker, [this.#topic])
    const range = ranges.find(
      (each) => each.partition === partition && each.from <= offset && offset < each.to,
    )
    if (range === undefined) return null
    const one: OffsetRange = { ...range, from: offset, to: offset + 1 }
    for await (const { records } of committedRecords(this.#broker, [one])) {
      for (const raw of records) return readDeadLetter(partition, raw)
    }
    return null
  }
}

/** Gathers, besides what is asked for, which dead letters were sent back and when. */
export class ReplayMarks {
  readonly #timesMs = new Map<string, number>()

  add(raw: RawRecord): void {
    for (const name of readMarker(raw)) this.#timesMs.set(name, raw.timestampMs)
  }

  applyTo<T extends DeadLetterSummary>(deadLetter: T): T {
    const replayedAtMs = this.#timesMs.get(addressText(deadLetter)) ?? null
    return { ...deadLetter, replayedAtMs }
  }
}

export function addressText({ partition, offset }: DeadLetterAddress): string {
  return `${partition}:${offset}`
}

/** Keeps no bytes of the record: a list of thousands stays small. */
export function summaryOf(record: DeadLetterRecord): DeadLetterSummary {
  const { error, keyBytes, offset, partition, replayCount, replayedAtMs } = record
  const { source, taskId, truncated, valueBytes } = record
  return {
    partition,
    offset,
    source,
    error,
    taskId,
    truncated,
    keyBytes,
    valueBytes,
    replayCount,
    replayedAtMs,
  }
}

function matcher(filter: DeadLetterFilter): (deadLetter: DeadLetterSummary) => boolean {
  const { addresses, error, sinceMs = -Infinity, topic } = filter
  const wanted = addresses === undefined ? null : new Set(addresses.map(addressText))
  return (deadLetter) => {
    const { class: errorClass, code } = deadLetter.error
    if (topic !== undefined && deadLetter.source.topic !== topic) return false
    if (error !== undefined && errorClass !== error && code !== error) return false
    if (deadLetter.source.timestampMs < sinceMs) return false
    return wanted === null || wanted.has(addressText(deadLetter))
  }
}
