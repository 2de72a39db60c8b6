import { BrokerError, FatalBrokerError, RetriableError, UnknownTopicError } from '../../errors.ts'
import type { TopicPartition } from '../../port.ts'
import type { Cluster } from '../cluster.ts'
import { EARLIEST, LATEST, listOffsets } from '../wire/list-offsets.ts'
import { errorCodes } from '../error-codes.ts'
import type { FetchPosition } from './fetch-position.ts'

/**
 * Brokers deny a topic for a moment after it was created, and while one of them starts: only what
 * is denied for longer is said to the caller.
 */
const MISSING_PATIENCE_MS = 5000

/**
 * Brings positions back to where they can be fetched.
 *
 * R1. What passes (an election, a lost connection, a topic not known everywhere) is tried again
 *     for ever, each time later up to a second; the caller sees delay and nothing else.
 * R2. What does not pass becomes the position's error, once for every try that met it: a poll
 *     throws it, and the caller decides.
 */
export class PositionRepair {
  readonly #cluster: Cluster
  readonly #onChange: () => void

  /** @param onChange a position can be fetched again, or has something to say */
  constructor(cluster: Cluster, onChange: () => void) {
    this.#cluster = cluster
    this.#onChange = onChange
  }

  /** Looks up the leaders of those that have none. */
  findLeaders(positions: Iterable<FetchPosition>): void {
    const sought = [...positions].filter(
      ({ leader, isSought, isResting, error }) =>
        leader === null && !isSought && !isResting && error === null,
    )
    if (sought.length === 0) return
    for (const position of sought) position.isSought = true
    void this.#find(sought).then(() => {
      for (const position of sought) position.isSought = false
      this.#onChange()
    })
  }

  /** Their leaders have moved, or cannot be reached: asked for anew, after a rest. */
  leaderLost(positions: readonly FetchPosition[]): void {
    this.#cluster.forgetLeaders([...new Set(positions.map(({ topic }) => topic))])
    for (const position of positions) position.leader = null
    this.#rest(positions)
  }

  /** What a call met that was about all of these. */
  failed(positions: readonly FetchPosition[], error: unknown): void {
    if (this.#cluster.isClosed) {
      const closed = new FatalBrokerError('the broker was closed under its fetcher')
      for (const position of positions) position.error = closed
    } else if (error instanceof RetriableError) {
      this.leaderLost(positions)
      return
    } else for (const position of positions) this.refuse(position, error)
    this.#onChange()
  }

  /** Does not pass by itself: a poll says it, and the position is tried again later. */
  refuse(position: FetchPosition, error: unknown): void {
    position.error =
      error instanceof BrokerError
        ? error
        : new FatalBrokerError(`${nameOf(position)} cannot be fetched`, { cause: error })
    this.#rest([position])
    this.#onChange()
  }

  /**
   * The leader has no such offset. It says nothing of those that it has, so they are asked for; if
   * the offset lies among them, a new leader had not caught up yet, and all is well.
   */
  async measure(position: FetchPosition, leader: number): Promise<void> {
    const { version, fetchOffset: offset, topic, partition } = position
    position.isBusy = true
    try {
      const logStartOffset = await this.#bound(position, leader, EARLIEST)
      const highWatermark = await this.#bound(position, leader, LATEST)
      if (position.version !== version) return
      position.isBusy = false
      if (offset >= logStartOffset && offset <= highWatermark) this.#rest([position])
      else position.halt({ topic, partition, offset, logStartOffset, highWatermark })
      this.#onChange()
    } catch (error) {
      if (position.version !== version) return
      position.isBusy = false
      this.failed([position], error)
    }
  }

  async #bound(at: TopicPartition, leader: number, timestampMs: number): Promise<number> {
    const lane = this.#cluster.lane(leader, 'control')
    const isolation = 'read_uncommitted'
    const [found] = await lane.call(listOffsets, { isolation, partitions: [at], timestampMs })
    if (found?.code === errorCodes.NONE) return found.offset
    throw new RetriableError(`the bounds of ${nameOf(at)} are not known at the moment`)
  }

  async #find(sought: readonly FetchPosition[]): Promise<void> {
    try {
      const leaders = await this.#cluster.leaders(sought)
      sought.forEach((position, i) => (position.leader = leaders[i]!))
    } catch (error) {
      // One that is missing must not keep the others from being found.
      if (sought.length > 1) await Promise.all(sought.map((position) => this.#find([position])))
      else this.#notFound(sought[0]!, error)
    }
  }

  #notFound(position: FetchPosition, error: unknown): void {
    if (error instanceof UnknownTopicError) {
      position.missingSinceMs ??= performance.now()
      if (performance.now() - position.missingSinceMs < MISSING_PATIENCE_MS) {
        this.leaderLost([position])
        return
      }
    }
    this.failed([position], error)
  }

  #rest(positions: readonly FetchPosition[]): void {
    if (positions.length === 0) return
    let ms = 0
    for (const position of positions) {
      position.isResting = true
      ms = Math.max(ms, position.backoff.next())
    }
    void this.#cluster.pause(ms).then(() => {
      for (const position of positions) position.isResting = false
      this.#onChange()
    })
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
