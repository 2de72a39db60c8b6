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
 * batch: its offset is passed like any other's.
 */
export class TaskInput {
  readonly #group: PartitionGroup
  readonly #sources: ReadonlyMap<string, SourceNode>
  readonly #onUndecodable: (raw: RawRecord, queue: RecordQueue, error: unknown) => void

  constructor(
    group: PartitionGroup,
    sources: ReadonlyMap<string, SourceNode>,
    onUndecodable: (raw: RawRecord, queue: RecordQueue, error: unknown) => void,
  ) {
    this.#group = group
    this.#sources = sources
    this.#onUndecodable = onUndecodable
  }

  take(recordsMax: number): TaskRecord[] {
    const records: TaskRecord[] = []
    this.#group.take(recordsMax, (raw, queue) => {
      const record = this.#decode(raw, queue)
      if (record !== undefined) records.push(record)
    })
    return records
  }

  #decode(raw: RawRecord, queue: RecordQueue): TaskRecord | undefined {
    const source = this.#sources.get(queue.source)!
    let value: unknown
    try {
      value = source.deserializer(raw)
    } catch (error) {
      this.#onUndecodable(raw, queue, error)
      return undefined
    }
    return {
      source: queue.source,
      key: source.key === 'ignored' ? null : keyText(raw),
      value,
      topic: queue.topic,
      partition: queue.partition,
      offset: raw.offset,
      timestampMs: raw.timestampMs,
      appendTimeMs: queue.isAppendTime ? raw.timestampMs : null,
      raw,
    }
  }
}

function keyText(raw: RawRecord): string | null {
  return raw.keyStart < 0 ? null : raw.buffer.toString('utf8', raw.keyStart, raw.keyEnd)
}
