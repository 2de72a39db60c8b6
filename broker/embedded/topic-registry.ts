import type { DatabaseBatch } from '../../state/task-database.ts'
import { TopicExistsError, UnknownTopicError } from '../errors.ts'
import type { TopicDescription, TopicPartition, TopicSpec } from '../port.ts'
import { AbortIndex } from './abort-index.ts'
import type { Counter } from './counter.ts'
import type { LogTail } from './log-tail.ts'
import { PartitionLog, type RecoveredLog } from './partition-log.ts'
import { LogKeys, topicKey } from './row-keys.ts'
import { encodeRow, type TopicRow } from './rows.ts'
import { SegmentIndex } from './segment-index.ts'
import { checkTopic } from './topic-rules.ts'
import type { WriteQueue } from './write-queue.ts'

interface Topic {
  readonly name: string
  readonly row: TopicRow
  readonly logs: readonly PartitionLog[]
}

export interface TopicRegistryOptions {
  readonly writes: WriteQueue
  readonly tail: LogTail
  readonly segmentBytes: number
  readonly randomId: () => string
  readonly numbers: Counter
  /** Adds rows to the batch that deletes a topic, in the order of the write queue. */
  readonly onDelete: (topic: string, batch: DatabaseBatch) => void
}

/** The topics and their partitions' logs. */
export class TopicRegistry {
  readonly #options: TopicRegistryOptions
  readonly #topics = new Map<string, Topic>()
  /** Names taken by creations on their way to the disk. */
  readonly #creating = new Set<string>()

  constructor(options: TopicRegistryOptions) {
    this.#options = options
  }

  /** Every log, in creation order of the topics. */
  *logs(): Generator<PartitionLog, void, undefined> {
    for (const { logs } of this.#topics.values()) yield* logs
  }

  find({ topic, partition }: TopicPartition): PartitionLog | undefined {
    return this.#topics.get(topic)?.logs[partition]
  }

  /** @throws {UnknownTopicError} */
  log(at: TopicPartition): PartitionLog {
    const log = this.find(at)
    if (log === undefined) throw new UnknownTopicError(`no partition ${at.topic}-${at.partition}`)
    return log
  }

  describe(names: Iterable<string> = this.#topics.keys()): TopicDescription[] {
    const described: TopicDescription[] = []
    for (const name of names) {
      const topic = this.#topics.get(name)
      if (topic === undefined) continue
      const { topicId, partitions, config } = topic.row
      described.push({ name, topicId, partitions, config })
    }
    return described
  }

  /** Takes up a topic that the disk holds. */
  restore(name: string, row: TopicRow, recovered: readonly RecoveredLog[]): void {
    const logs = recovered.map((log, partition) => this.#open(name, row, partition, log))
    this.#topics.set(name, { name, row, logs })
  }

  /**
   * @throws {TopicExistsError} nothing was created
   * @throws {InvalidTopicError} nothing was created
   */
  async create(specs: readonly TopicSpec[]): Promise<void> {
    const configs = specs.map(checkTopic)
    const names = new Set(specs.map(({ name }) => name))
    for (const name of names) {
      if (this.#topics.has(name) || this.#creating.has(name)) {
        throw new TopicExistsError(`topic ${name} exists`)
      }
    }
    if (names.size < specs.length) throw new TopicExistsError('a topic is named twice')
    const rows = specs.map(({ partitions }, i): TopicRow => {
      const number = Number(this.#options.numbers.next())
      return { number, topicId: this.#options.randomId(), partitions, config: configs[i]! }
    })
    for (const name of names) this.#creating.add(name)
    try {
      await this.#options.writes.enqueue((batch) => {
        for (const [i, { name }] of specs.entries()) batch.put(topicKey(name), encodeRow(rows[i]!))
      })
    } finally {
      for (const name of names) this.#creating.delete(name)
    }
    for (const [i, { name, partitions }] of specs.entries()) {
      this.restore(
        name,
        rows[i]!,
        Array.from({ length: partitions }, () => this.#emptyLog()),
      )
    }
  }

  /** @throws {UnknownTopicError} nothing was deleted */
  async delete(names: readonly string[]): Promise<void> {
    const topics = names.map((name) => {
      const topic = this.#topics.get(name)
      if (topic === undefined) throw new UnknownTopicError(`no topic ${name}`)
      return topic
    })
    for (const { name, logs } of topics) {
      this.#topics.delete(name)
      for (const log of logs) log.delete()
    }
    await this.#options.writes.enqueue((batch) => {
      for (const topic of topics) this.#deleteRows(topic, batch)
    })
  }

  #deleteRows({ name, row, logs }: Topic, batch: DatabaseBatch): void {
    // A topic of the same name may have been created meanwhile; its row was written after this.
    batch.delete(topicKey(name))
    for (const { partition } of logs) {
      const keys = new LogKeys(row.number, partition)
      batch.delete(keys.partition)
      for (const family of ['B', 'S', 'A'] as const) {
        const { gte, lt } = keys.all(family)
        batch.deleteRange(gte, lt!)
      }
    }
    this.#options.onDelete(name, batch)
  }

  #open(topic: string, row: TopicRow, partition: number, recovered: RecoveredLog): PartitionLog {
    const place = { topic, partition, topicNumber: row.number, config: row.config }
    return new PartitionLog(place, this.#options.tail, recovered)
  }

  #emptyLog(): RecoveredLog {
    return {
      logStartOffset: 0,
      logEndOffset: 0,
      cleanedOffset: 0,
      segments: new SegmentIndex(this.#options.segmentBytes),
      aborts: new AbortIndex(),
    }
  }
}
