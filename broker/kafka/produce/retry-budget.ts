import { Backoff } from '../backoff.ts'
import type { Cluster } from '../cluster.ts'

const SHORT_PAUSE_MIN_MS = 2
const SHORT_PAUSE_MAX_MS = 50

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

  get spentMs(): number {
    return performance.now() - this.#startMs
  }

  get leftMs(): number {
    return Math.max(0, this.#limitMs - this.spentMs)
  }

  /** The time is up, or the client closes: the last failure is final. */
  get isSpent(): boolean {
    return this.leftMs === 0 || this.#cluster.isClosed
  }

  /** Before trying again what only time or an election mends. */
  async pause(): Promise<void> {
    await this.#cluster.pause(Math.min(this.#backoff.next(), this.leftMs))
  }

  /** Before trying again what a broker finishes in milliseconds: the last transaction's markers. */
  async pauseShortly(): Promise<void> {
    const pauseMs = this.#shortPauseMs
    this.#shortPauseMs = Math.min(pauseMs * 2, SHORT_PAUSE_MAX_MS)
    await this.#cluster.pause(Math.min(pauseMs, this.leftMs))
  }
}
