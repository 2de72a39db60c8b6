import type { CancelTimer, Clock } from '../../clock.ts'
import { RetriableError } from '../../errors.ts'
import type { GroupMetadata } from '../../port.ts'
import { Backoff } from '../backoff.ts'
import type { Verdict } from './verdict.ts'

/** `silent`: nobody answered for a whole session; the coordinator has given the member up. */
export type PulseVerdict = Exclude<Verdict, 'ok'> | 'silent'

export interface PulseOptions {
  readonly clock: Clock
  readonly intervalMs: number
  readonly sessionTimeoutMs: number
  beat(generation: GroupMetadata, timeoutMs: number): Promise<Verdict>
  /** Every answer that is not ok, of the generation that beats. */
  onVerdict(generation: GroupMetadata, verdict: PulseVerdict): void
  onFailure(generation: GroupMetadata, error: unknown): void
}

/** Beats of one session that may fail before the session is over. */
const BEATS_PER_SESSION = 3

/**
 * The heartbeats of a member, on timers of their own, whatever else it waits for.
 *
 * H1. A session begins when the last answered beat was sent: the coordinator's begins later, so a
 *     member that cannot be reached stops before its place is given away. Measured by timers,
 *     which no change of the wall clock moves.
 * H2. A member for which no beat was tried is not judged here: its next beat asks.
 * H3. Beats go on through a rebalance, for what is owned goes on too.
 */
export class Pulse {
  readonly #options: PulseOptions
  readonly #backoff = new Backoff()
  #generation: GroupMetadata | null = null
  #cancelBeat: CancelTimer | null = null
  #cancelSession: CancelTimer | null = null
  /** The last beat has no answer, or none yet. */
  #isUnanswered = false
  #isOverdue = false

  constructor(options: PulseOptions) {
    this.#options = options
  }

  /** Beats for a generation that the coordinator has just answered. */
  start(generation: GroupMetadata): void {
    this.stop()
    this.#generation = generation
    this.#answered(this.#newSession())
    this.#beatAfter(this.#options.intervalMs)
  }

  stop(): void {
    this.#generation = null
    this.#cancelBeat?.()
    this.#cancelBeat = null
    this.#cancelSession?.()
    this.#cancelSession = null
  }

  /** @throws {RetriableError} no answer */
  async beatNow(generation: GroupMetadata): Promise<Verdict> {
    const { sessionTimeoutMs } = this.#options
    const cancelSession = this.#newSession()
    this.#isUnanswered = true
    try {
      const verdict = await this.#options.beat(generation, sessionTimeoutMs / BEATS_PER_SESSION)
      if (generation !== this.#generation) {
        cancelSession()
        return verdict
      }
      this.#answered(cancelSession)
      if (verdict !== 'ok') this.#options.onVerdict(generation, verdict)
      return verdict
    } catch (error) {
      cancelSession()
      if (this.#isOverdue) this.#judgeSilent(generation)
      throw error
    }
  }

  #beatAfter(ms: number): void {
    this.#cancelBeat = this.#options.clock.setTimer(ms, () => void this.#beat())
  }

  async #beat(): Promise<void> {
    const generation = this.#generation!
    let pauseMs = this.#options.intervalMs
    try {
      await this.beatNow(generation)
    } catch (error) {
      pauseMs = Math.min(pauseMs, this.#backoff.next())
      if (generation !== this.#generation) return
      if (!(error instanceof RetriableError)) {
        this.#options.onFailure(generation, error)
        return
      }
    }
    if (generation === this.#generation) this.#beatAfter(pauseMs)
  }

  #answered(cancelSession: CancelTimer): void {
    this.#cancelSession?.()
    this.#cancelSession = cancelSession
    this.#isUnanswered = false
    this.#isOverdue = false
    this.#backoff.reset()
  }

  #newSession(): CancelTimer {
    const generation = this.#generation
    return this.#options.clock.setTimer(this.#options.sessionTimeoutMs, () => {
      if (generation === null || generation !== this.#generation) return
      this.#isOverdue = true
      if (this.#isUnanswered) this.#judgeSilent(generation)
    })
  }

  #judgeSilent(generation: GroupMetadata): void {
    if (generation === this.#generation) this.#options.onVerdict(generation, 'silent')
  }
}
