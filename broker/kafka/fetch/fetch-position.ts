import type { BrokerError } from '../../errors.ts'
import type { Fetched, OutOfRange, TopicPartition } from '../../port.ts'
import type { RecordBatch } from '../../record-batch/record-batch.ts'
import { Backoff } from '../backoff.ts'
import type { FetchedPartition } from '../wire/fetch.ts'
import type { Stretch } from './read-stretch.ts'

/**
 * Where a fetcher stands in one partition, and what it has fetched ahead.
 *
 * P1. `offset` is where the caller stands: it moves when a poll hands over what lies before it.
 *     `fetchOffset` is where the next fetch begins; what is between them is buffered.
 * P2. `version` counts moves: an answer to a request of an older version is dropped.
 */
export class FetchPosition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  offset: number
  fetchOffset: number
  version = 0
  isPaused = false
  /** Out of range was found: silent until it is assigned anew. */
  isHalted = false
  /** A request of the present version is under way. */
  isBusy = false
  /** The last answer reached the end of the log, so the next one may wait for more. */
  isCaughtUp = false
  /** Waits before it is tried again. */
  isResting = false
  /** Null: to be looked up. */
  leader: number | null = null
  isSought = false
  /** Since when the brokers deny that it exists, by the monotonic clock. */
  missingSinceMs: number | null = null
  readonly backoff = new Backoff()
  /** To be thrown by the next poll that finds nothing buffered. */
  error: BrokerError | null = null
  #outOfRange: OutOfRange | null = null
  #batches: readonly RecordBatch[] = []
  #bufferedBytes = 0
  #highWatermark = 0
  #lastStableOffset = 0
  #logStartOffset = 0

  constructor({ topic, partition }: TopicPartition, offset: number) {
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.fetchOffset = offset
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  get hasData(): boolean {
    return this.fetchOffset > this.offset
  }

  /** Drops what was fetched ahead and stands at `offset`. */
  move(offset: number): void {
    this.version++
    this.offset = offset
    this.fetchOffset = offset
    this.isHalted = false
    this.isBusy = false
    this.isCaughtUp = false
    this.error = null
    this.#outOfRange = null
    this.#clear()
  }

  /** Keeps what an answer brought. */
  add(answer: FetchedPartition, { batches, nextOffset }: Stretch): void {
    if (nextOffset === this.fetchOffset) return
    this.#batches = this.#batches.length === 0 ? batches : [...this.#batches, ...batches]
    this.#bufferedBytes += answer.records.length
    this.#highWatermark = answer.highWatermark
    this.#lastStableOffset = answer.lastStableOffset
    this.#logStartOffset = answer.logStartOffset
    this.fetchOffset = nextOffset
  }

  /** Says what lies beyond once everything before it has been taken. */
  halt(event: OutOfRange): void {
    this.isHalted = true
    this.#outOfRange = event
  }

  /** Hands over what is buffered and moves past it. */
  take(): Fetched {
    const { topic, partition, fetchOffset: nextOffset } = this
    const fetched = {
      topic,
      partition,
      batches: this.#batches,
      nextOffset,
      highWatermark: this.#highWatermark,
      lastStableOffset: this.#lastStableOffset,
      logStartOffset: this.#logStartOffset,
    }
    this.offset = nextOffset
    this.#clear()
    return fetched
  }

  /** Null: nothing to say, or not yet. */
  takeOutOfRange(): OutOfRange | null {
    if (this.hasData) return null
    const event = this.#outOfRange
    this.#outOfRange = null
    return event
  }

  /** Null: nothing to throw, or not yet. */
  takeError(): BrokerError | null {
    if (this.hasData) return null
    const { error } = this
    this.error = null
    return error
  }

  get hasNews(): boolean {
    return this.hasData || this.#outOfRange !== null || this.error !== null
  }

  #clear(): void {
    this.#batches = []
    this.#bufferedBytes = 0
  }
}
