import { CorruptBatchError, FatalBrokerError, RetriableError } from '../../errors.ts'
import type { Isolation } from '../../port.ts'
import type { Cluster } from '../cluster.ts'
import { describeCode, errorCodes } from '../error-codes.ts'
import type { Lane } from '../lane.ts'
import { accessDenied } from '../produce/access-denied.ts'
import { fetch, type FetchedPartition } from '../wire/fetch.ts'
import type { FetchPosition } from './fetch-position.ts'
import type { PositionRepair } from './position-repair.ts'
import { readStretch } from './read-stretch.ts'

export interface FetchSettings {
  readonly isolation: Isolation
  readonly partitionBytesMax: number
  /** Of one answer. */
  readonly answerBytesMax: number
}

/** How long the broker holds a fetch of partitions that have nothing new. */
const LONG_POLL_MS = 500
/** The same where other partitions may come to want the lane meanwhile. */
const SHORT_POLL_MS = 20

/**
 * The fetches from one broker: at most two under way.
 *
 * ```
 * long    partitions that are caught up, up to 500 ms, on a private lane
 * quick   partitions with more in the log, or not asked since they were assigned or resumed, at
 *         once; and those caught up while a long one was under way, for 20 ms
 * ```
 *
 * F1. What is behind never waits for what is caught up: a broker answers a connection's requests
 *     one by one, so a long poll has a connection of its own.
 * F2. A partition is in one fetch at a time; it is fetched again before what it brought was polled,
 *     up to `partitionBytesMax` (see KafkaFetcher).
 */
export class BrokerFetches {
  readonly #cluster: Cluster
  readonly #nodeId: number
  readonly #settings: FetchSettings
  readonly #repair: PositionRepair
  readonly #onChange: () => void
  #longLane: Lane | null = null
  #isLongUnderWay = false
  #isQuickUnderWay = false
  /** The quick one is of partitions that are to join the long one. */
  #isJoining = false

  constructor(
    cluster: Cluster,
    nodeId: number,
    settings: FetchSettings,
    repair: PositionRepair,
    onChange: () => void,
  ) {
    this.#cluster = cluster
    this.#nodeId = nodeId
    this.#settings = settings
    this.#repair = repair
    this.#onChange = onChange
  }

  /** Begins what can be begun; @param ready those to fetch, first those whose turn it is */
  start(ready: readonly FetchPosition[]): void {
    // A long one that did not wait for those joining would keep them out for another 500 ms.
    if (!this.#isLongUnderWay && !this.#isJoining)
      void this.#long(ready.filter(({ isCaughtUp }) => isCaughtUp))
    if (!this.#isQuickUnderWay) void this.#quick(ready.filter(({ isBusy }) => !isBusy))
  }

  async close(): Promise<void> {
    await this.#longLane?.close()
  }

  async #long(positions: readonly FetchPosition[]): Promise<void> {
    if (positions.length === 0) return
    this.#isLongUnderWay = true
    await this.#exchange(positions, LONG_POLL_MS, () => {
      this.#longLane ??= this.#cluster.privateLane(this.#nodeId)
      return this.#longLane
    })
    this.#isLongUnderWay = false
    this.#onChange()
  }

  async #quick(positions: readonly FetchPosition[]): Promise<void> {
    if (positions.length === 0) return
    this.#isQuickUnderWay = true
    this.#isJoining = positions.every(({ isCaughtUp }) => isCaughtUp)
    const maxWaitMs = this.#isJoining ? SHORT_POLL_MS : 0
    await this.#exchange(positions, maxWaitMs, () => this.#cluster.lane(this.#nodeId, 'fetch'))
    this.#isQuickUnderWay = false
    this.#isJoining = false
    this.#onChange()
  }

  async #exchange(
    positions: readonly FetchPosition[],
    maxWaitMs: number,
    lane: () => Lane,
  ): Promise<void> {
    const { isolation, partitionBytesMax, answerBytesMax: bytesMax } = this.#settings
    const versions = positions.map(({ version }) => version)
    for (const position of positions) position.isBusy = true
    const partitions = positions.map(({ topic, partition, fetchOffset }) => {
      return { topic, partition, fetchOffset, partitionBytesMax }
    })
    const current = (): FetchPosition[] => {
      // Moved or taken away meanwhile: neither answer nor error is about it any more.
      const left = positions.filter(({ version }, i) => version === versions[i])
      for (const position of left) position.isBusy = false
      return left
    }
    try {
      const answer = await lane().call(fetch, { isolation, maxWaitMs, bytesMax, partitions })
      if (answer.code === errorCodes.NONE) this.#take(current(), answer.partitions)
      else throw new RetriableError(`a fetch was refused: ${describeCode(answer.code)}`)
    } catch (error) {
      this.#repair.failed(current(), error)
    }
  }

  #take(positions: readonly FetchPosition[], answers: readonly FetchedPartition[]): void {
    const byName = new Map(answers.map((answer) => [nameOf(answer), answer]))
    const isEmpty = answers.every(({ records }) => records.length === 0)
    const moved: FetchPosition[] = []
    for (const position of positions) {
      const answer = byName.get(nameOf(position))
      if (answer?.code === errorCodes.NONE) this.#keep(position, answer, isEmpty)
      else if (answer === undefined || !this.#settled(position, answer)) moved.push(position)
    }
    if (moved.length > 0) this.#repair.leaderLost(moved)
  }

  #keep(position: FetchPosition, answer: FetchedPartition, isEmpty: boolean): void {
    const { isolation } = this.#settings
    const stretch = readStretch(answer, position.fetchOffset, isolation)
    const end = isolation === 'read_committed' ? answer.lastStableOffset : answer.highWatermark
    position.backoff.reset()
    position.missingSinceMs = null
    position.add(answer, stretch)
    // An answer without a byte says that the broker has nothing to give now, whatever the log's
    // end: asked again at once it would say the same.
    position.isCaughtUp = isEmpty || stretch.nextOffset >= end
    if (stretch.damage !== null) this.#repair.refuse(position, stretch.damage)
  }

  /** False: the code says that another broker leads the partition, or that it will pass. */
  #settled(position: FetchPosition, { code, topic, partition }: FetchedPartition): boolean {
    switch (code) {
      case errorCodes.OFFSET_OUT_OF_RANGE:
        void this.#repair.measure(position, this.#nodeId)
        return true
      case errorCodes.TOPIC_AUTHORIZATION_FAILED:
        this.#repair.refuse(position, accessDenied('Read', 'Topic', topic))
        return true
      case errorCodes.CORRUPT_MESSAGE: {
        const what = `of ${topic}-${partition}: the broker cannot read it`
        this.#repair.refuse(position, new CorruptBatchError(position.fetchOffset, what))
        return true
      }
      case errorCodes.UNSUPPORTED_COMPRESSION_TYPE: {
        const what = `${topic}-${partition} has batches that this Fetch version cannot carry`
        this.#repair.refuse(position, new FatalBrokerError(what))
        return true
      }
      default:
        return false
    }
  }
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`
}
