import { Backoff } from '../backoff.ts'
import type { Cluster } from '../cluster.ts'

const SHORT_PAUSE_MIN_MS = 2
const SHORT_PAUSE_MAX_MS = 50

/** A topic made a moment ago is not yet known to every broker; one unknown for longer is not. */
const UNKNOWN_TOPIC_PATIENCE_MS = 5_000

/** How long one call goes on trying, and how long it pauses in between. */
export class RetryBudget {
  readonly #cluster: Pick<Cluster, 'pause' | 'isClosed'>
  readonly #startMs = performance.now()
  readonly #limitMs: number
  readonly #backoff = new Backoff()
  #shortPauseMs = SHORT_PAUSE_MIN_MS

  constructor(cluster: Pick<Cluster, 'pause' | 'isClosed'>, limitMs: number) {
    this.#cluster = cluster
    this.#limitMs = limitMs
  }

  get leftMs(): number {
    return Math.max(0, this.#limitMs - this.#spentMs)
  }

  /** The time is up, or the client closes: the last failure is final. */
  get isSpent(): boolean {
    return this.leftMs === 0 || this.#cluster.isClosed
  }

  /** Word of a topic has had the time to reach every broker. */
  get isSpentOnUnknownTopic(): boolean {
    return this.isSpent || this.#spentMs > UNKNOWN_TOPIC_PATIENCE_MS
  }

  /**
   * Waits before another try: for an election, or the milliseconds in which a broker writes the
   * last transaction's markers.
   *
   * @returns false: no other try; the last failure is final
   */
  async pause(length: 'long' | 'short'): Promise<boolean> {
    if (this.isSpent) return false
    const pauseMs = length === 'long' ? this.#backoff.next() : this.#nextShortPauseMs()
    await this.#cluster.pause(Math.min(pauseMs, this.leftMs))
    return !this.#cluster.isClosed
  }

  #nextShortPauseMs(): number {
    const pauseMs = this.#shortPauseMs
    this.#shortPauseMs = Math.min(pauseMs * 2, SHORT_PAUSE_MAX_MS)
    return pauseMs
  }

  get #spentMs(): number {
    return performance.now() - this.#startMs
  }
}
