import { systemClock, type Clock } from '../../clock.ts'
import { FatalBrokerError } from '../../errors.ts'
import type {
  Fetched,
  Fetcher,
  FetcherOptions,
  OutOfRange,
  PartitionOffset,
  PollResult,
  TopicPartition,
} from '../../port.ts'
import { Wakeup } from '../../wakeup.ts'
import type { Cluster } from '../cluster.ts'
import { BrokerFetches, type FetchSettings } from './broker-fetches.ts'
import { FetchPosition } from './fetch-position.ts'
import { PositionRepair } from './position-repair.ts'

const PARTITION_BYTES = 1024 * 1024
/** Partitions whose full share may be in one answer, in one poll, and wait to be polled. */
const FULL_PARTITIONS_MAX = 8

/**
 * A fetcher over the leaders of its partitions.
 *
 * K1. It fetches ahead: while the caller works on what a poll gave, the next answers come in. A
 *     partition is fetched while less than `partitionBytesMax` of it waits, and all while less
 *     than eight times that waits in those that are not paused. Above that come the answers under
 *     way, two a broker; a paused partition keeps what it has.
 * K2. Partitions are served in turn: those that a poll served go behind the others, in the next
 *     poll and in the next fetch, so that a busy one cannot starve the others.
 * K3. Leaders move, connections are lost and brokers restart without a word to the caller.
 */
export class KafkaFetcher implements Fetcher {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #settings: FetchSettings
  readonly #repair: PositionRepair
  readonly #positions = new Map<string, FetchPosition>()
  /** In the order in which they are served next. */
  #turns: FetchPosition[] = []
  readonly #brokers = new Map<number, BrokerFetches>()
  readonly #wakeup = new Wakeup()
  #isPumpDue = false
  #isClosed = false

  constructor(cluster: Cluster, options: FetcherOptions, clock: Clock = systemClock) {
    const { isolation = 'read_committed', partitionBytesMax = PARTITION_BYTES } = options
    this.#cluster = cluster
    this.#clock = clock
    this.#settings = {
      isolation,
      partitionBytesMax,
      answerBytesMax: partitionBytesMax * FULL_PARTITIONS_MAX,
    }
    this.#repair = new PositionRepair(cluster, () => this.#changed())
  }

  assign(positions: readonly PartitionOffset[]): void {
    for (const at of positions) {
      const known = this.#positions.get(nameOf(at))
      if (known === undefined) {
        const position = new FetchPosition(at, at.offset)
        this.#positions.set(nameOf(at), position)
        this.#turns.push(position)
      } else known.move(at.offset)
    }
    this.#pumpSoon()
  }

  unassign(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      const position = this.#positions.get(nameOf(at))
      if (position === undefined) continue
      position.move(position.offset)
      this.#positions.delete(nameOf(at))
    }
    this.#turns = this.#turns.filter((position) => this.#holds(position))
    this.#pumpSoon()
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      const position = this.#positions.get(nameOf(at))
      if (position !== undefined) position.isPaused = true
    }
    this.#pumpSoon()
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      const position = this.#positions.get(nameOf(at))
      if (position?.isPaused !== true) continue
      position.isPaused = false
      // What came meanwhile was not asked for: a long poll must not be the first to ask.
      position.isCaughtUp = false
    }
    this.#changed()
  }

  /**
   * @throws {UnknownTopicError} an assigned partition has not existed for a while
   * @throws {CorruptBatchError} names the partition and where its log is damaged
   * @throws {FatalBrokerError} an ACL is missing, credentials were refused; or closed before
   */
  async poll(maxWaitMs: number): Promise<PollResult> {
    if (this.#isClosed) throw new FatalBrokerError('the fetcher is closed')
    const deadlineMs = this.#clock.now() + maxWaitMs
    for (;;) {
      this.#wakeup.reset()
      const result = this.#collect()
      if (result.fetched.length > 0 || result.outOfRange.length > 0) {
        this.#pumpSoon()
        return result
      }
      const waitMs = deadlineMs - this.#clock.now()
      if (waitMs <= 0 || this.#isOver()) return result
      await this.#wakeup.wait(this.#clock, waitMs)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.unassign([...this.#positions.values()])
    this.#wakeup.wake()
    await Promise.all([...this.#brokers.values()].map((broker) => broker.close()))
  }

  /** Asked after an await, where `close` may have come. */
  #isOver(): boolean {
    return this.#isClosed
  }

  #holds(position: FetchPosition): boolean {
    return this.#positions.get(nameOf(position)) === position
  }

  #collect(): PollResult {
    const awake = this.#turns.filter(({ isPaused, hasNews }) => !isPaused && hasNews)
    // Before anything is taken: what is buffered of others comes with the next poll.
    for (const position of awake) {
      const error = position.takeError()
      if (error !== null) throw error
    }
    const fetched: Fetched[] = []
    const outOfRange: OutOfRange[] = []
    const served = new Set<FetchPosition>()
    let bytesLeft = this.#settings.answerBytesMax
    for (const position of awake) {
      if (bytesLeft <= 0) break
      bytesLeft -= position.bufferedBytes
      served.add(position)
      if (position.hasData) fetched.push(position.take())
      const event = position.takeOutOfRange()
      if (event !== null) outOfRange.push(event)
    }
    if (served.size > 0) {
      this.#turns = [...this.#turns.filter((position) => !served.has(position)), ...served]
    }
    return { fetched, outOfRange }
  }

  #changed(): void {
    if (this.#turns.some(({ isPaused, hasNews }) => !isPaused && hasNews)) this.#wakeup.wake()
    this.#pumpSoon()
  }

  /** Once for all that is said in one go: assigning a hundred partitions makes one request. */
  #pumpSoon(): void {
    if (this.#isPumpDue || this.#isClosed) return
    this.#isPumpDue = true
    queueMicrotask(() => {
      this.#isPumpDue = false
      if (!this.#isClosed) this.#pump()
    })
  }

  #pump(): void {
    this.#repair.findLeaders(this.#turns)
    let waitingBytes = 0
    for (const { isPaused, bufferedBytes } of this.#turns) {
      if (!isPaused) waitingBytes += bufferedBytes
    }
    if (waitingBytes >= this.#settings.answerBytesMax) return
    const ready = new Map<number, FetchPosition[]>()
    for (const position of this.#turns) {
      const { leader } = position
      if (leader === null || !this.#mayFetch(position)) continue
      const others = ready.get(leader)
      if (others === undefined) ready.set(leader, [position])
      else others.push(position)
    }
    for (const [leader, positions] of ready) this.#broker(leader).start(positions)
  }

  #mayFetch(position: FetchPosition): boolean {
    const { isPaused, isHalted, isBusy, isResting, error, bufferedBytes } = position
    if (isPaused || isHalted || isBusy || isResting || error !== null) return false
    return bufferedBytes < this.#settings.partitionBytesMax
  }

  #broker(nodeId: number): BrokerFetches {
    let broker = this.#brokers.get(nodeId)
    if (broker === undefined) {
      const onChange = (): void => this.#changed()
      broker = new BrokerFetches(this.#cluster, nodeId, this.#settings, this.#repair, onChange)
      this.#brokers.set(nodeId, broker)
    }
    return broker
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
