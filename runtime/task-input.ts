import type { RawRecord } from '../broker/port.ts'
import type { SourceNode } from '../topology/nodes.ts'
import type { SourceRecord } from '../topology/record.ts'
import type { PartitionGroup } from './partition-group.ts'
import type { RecordQueue } from './record-queue.ts'

/** A decoded source record with its bytes, which a dead letter would carry. */
export interface TaskRecord extends SourceRecord {
  readonly raw: RawRecord
}

/**
 * Takes a task's next records and decodes them.
 *
 * A record that cannot be decoded is handed to `onUndecodable` in its turn and is not part of the
 * batch: its offset is passed like any other's. One that cannot be decoded yet (`holds`) ends the
 * batch and is the first of the next.
 */
export class TaskInput {
  readonly #group: PartitionGroup
  readonly #sources: ReadonlyMap<string, SourceNode>
  readonly #onUndecodable: (raw: RawRecord, queue: RecordQueue, error: unknown) => void
  readonly #holds: (error: unknown, queue: RecordQueue) => boolean

  constructor(
    group: PartitionGroup,
    sources: ReadonlyMap<string, SourceNode>,
    onUndecodable: (raw: RawRecord, queue: RecordQueue, error: unknown) => void,
    holds: (error: unknown, queue: RecordQueue) => boolean,
  ) {
    this.#group = group
    this.#sources = sources
    this.#onUndecodable = onUndecodable
    this.#holds = holds
  }

  take(recordsMax: number): TaskRecord[] {
    const records: TaskRecord[] = []
    this.#group.take(recordsMax, (raw, queue) => this.#decode(raw, queue, records))
    return records
  }

  /** @returns false: it cannot be decoded yet */
  #decode(raw: RawRecord, queue: RecordQueue, into: TaskRecord[]): boolean {
    const source = this.#sources.get(queue.source)!
    let value: unknown
    try {
      value = source.deserializer(raw)
    } catch (error) {
      if (this.#holds(error, queue)) return false
      this.#onUndecodable(raw, queue, error)
      return true
    }
    into.push({
      source: queue.source,
      key: source.key === 'ignored' ? null : keyText(raw),
      value,
      topic: queue.topic,
      partition: queue.partition,
      offset: raw.offset,
      timestampMs: raw.timestampMs,
      appendTimeMs: queue.isAppendTime ? raw.timestampMs : null,
      raw,
    })
    return true
  }
}

function keyText(raw: RawRecord): string | null {
  return raw.keyStart < 0 ? null : raw.buffer.toString('utf8', raw.keyStart, raw.keyEnd)
}
