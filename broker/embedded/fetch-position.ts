import type { TopicPartition } from '../port.ts'
import type { PartitionLog } from './partition-log.ts'

/** Where a fetch session stands in one partition. */
export class FetchPosition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  offset: number
  /** The offset came from a fetch, so no earlier batch reaches it. */
  isAligned = false
  isPaused = false
  /** Out of range was reported: silent until it is assigned anew. */
  isHalted = false
  /** Counts assignments, so that a read begun before one is not taken for the present. */
  version = 0
  #log: PartitionLog | null = null
  #stopListening: (() => void) | null = null

  constructor({ topic, partition }: TopicPartition, offset: number) {
    this.topic = topic
    this.partition = partition
    this.offset = offset
  }

  move(offset: number): void {
    this.offset = offset
    this.isAligned = false
    this.isHalted = false
    this.version++
  }

  advance(nextOffset: number): void {
    this.offset = nextOffset
    this.isAligned = true
  }

  /** The log to read, looked up anew when its topic was deleted; `wake` follows its changes. */
  follow(find: (at: TopicPartition) => PartitionLog, wake: () => void): PartitionLog {
    if (this.#log !== null && !this.#log.isDeleted) return this.#log
    if (this.#log !== null) this.isAligned = false
    this.release()
    const log = find(this)
    this.#stopListening = log.listen(wake)
    this.#log = log
    return log
  }

  release(): void {
    this.#stopListening?.()
    this.#stopListening = null
    this.#log = null
  }
}
