import type { Clock } from '../broker/clock.ts'
import type { Broker, Fetched, Fetcher, OutOfRange, TopicPartition } from '../broker/port.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { RecordQueue } from './record-queue.ts'

const PARTITION_BYTES_MAX = 512 * 1024
const POLL_WAIT_MS = 500

interface Feed {
  queue: RecordQueue
  /** Told when records arrived. */
  readonly onData: () => void
  readonly onOutOfRange: (event: OutOfRange) => void
  isPaused: boolean
}

/**
 * Moves fetched batches into the queues of the tasks, over one fetcher for all of them.
 *
 * F1. A queue takes only what follows what it has: a stretch that another queue of the partition
 *     overtook is dropped and fetched again from where the queue stands.
 * F2. A full queue pauses its partition and no other (back-pressure).
 */
export class FetchPump {
  readonly #fetcher: Fetcher
  readonly #feeds = new Map<string, Feed>()
  readonly #memory: MemoryBudget
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  #stopped = false
  #loop: Promise<void> | null = null

  constructor(
    broker: Broker,
    memory: MemoryBudget,
    clock: Clock,
    onError: (error: unknown) => void,
  ) {
    this.#memory = memory
    this.#clock = clock
    this.#fetcher = broker.fetcher({
      isolation: 'read_committed',
      partitionBytesMax: PARTITION_BYTES_MAX,
    })
    this.#onError = onError
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** Feeds the queue from where it stands; a queue of the same partition is replaced. */
  attach(queue: RecordQueue, onData: () => void, onOutOfRange: (event: OutOfRange) => void): void {
    this.#feeds.set(keyOf(queue), { queue, onData, onOutOfRange, isPaused: false })
    this.#fetcher.assign([at(queue)])
    this.#fetcher.resume([queue])
  }

  detach(partition: TopicPartition): void {
    this.#feeds.delete(keyOf(partition))
    this.#fetcher.unassign([partition])
  }

  /** Resumes partitions whose queues have room again; called after a batch was taken. */
  relieve(queue: RecordQueue): void {
    const feed = this.#feeds.get(keyOf(queue))
    if (feed?.isPaused !== true || queue.bufferedBytes > this.#queueBytesMax() / 2) return
    feed.isPaused = false
    this.#fetcher.resume([queue])
  }

  async close(): Promise<void> {
    this.#stopped = true
    await this.#fetcher.close()
    await this.#loop
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const asked = new Map<RecordQueue, number>()
        for (const { queue } of this.#feeds.values()) asked.set(queue, queue.fetchedTo)
        const { fetched, outOfRange } = await this.#fetcher.poll(POLL_WAIT_MS)
        for (const stretch of fetched) this.#deliver(stretch, asked)
        for (const event of outOfRange) this.#feeds.get(keyOf(event))?.onOutOfRange(event)
      } catch (error) {
        if (!this.#isStopped()) this.#onError(error)
        return
      }
    }
  }

  /** Bytes a partition may hold before its fetching pauses; it resumes at half. */
  #queueBytesMax(): number {
    return this.#memory.prefetchBytes(this.#feeds.size)
  }

  /** Asked anew after an await, during which `close` may have run. */
  #isStopped(): boolean {
    return this.#stopped
  }

  #deliver(stretch: Fetched, asked: ReadonlyMap<RecordQueue, number>): void {
    const feed = this.#feeds.get(keyOf(stretch))
    if (feed === undefined) return
    const { queue } = feed
    if (asked.get(queue) !== queue.fetchedTo) {
      this.#fetcher.assign([at(queue)])
      return
    }
    queue.add(stretch.batches, stretch.nextOffset, stretch.lastStableOffset)
    queue.sawEnd(this.#clock.now())
    if (queue.bufferedBytes > this.#queueBytesMax() && !feed.isPaused) {
      feed.isPaused = true
      this.#fetcher.pause([queue])
    }
    feed.onData()
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`
}

function at({ topic, partition, fetchedTo }: RecordQueue) {
  return { topic, partition, offset: fetchedTo }
}
