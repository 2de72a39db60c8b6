import type { CancelTimer, Clock } from '../../broker/clock.ts'

interface DueTimer {
  readonly dueMs: number
  readonly order: number
  readonly run: () => void
}

/**
 * A clock that moves only when told to.
 *
 * Timers run in order of due time, then of creation. Between two of them the microtasks that the
 * first one started are drained, so that one advance behaves as many small ones would.
 */
export class ManualClock implements Clock {
  #nowMs: number
  #order = 0
  readonly #timers = new Set<DueTimer>()

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve()
        return
      }
      const finish = (): void => {
        cancel()
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const cancel = this.setTimer(ms, finish)
      signal?.addEventListener('abort', finish)
    })
  }

  setTimer(ms: number, fn: () => void): CancelTimer {
    const timer: DueTimer = { dueMs: this.#nowMs + ms, order: this.#order++, run: fn }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Timers that wait. */
  get pendingCount(): number {
    return this.#timers.size
  }

  /** Due time of the next timer; undefined: none waits. */
  get nextDueMs(): number | undefined {
    return this.#next()?.dueMs
  }

  /** Moves time by `ms`, running what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle()
    for (let next = this.#next(); next !== undefined && next.dueMs <= endMs; next = this.#next()) {
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.run()
      await settle()
    }
    this.#nowMs = endMs
  }

  #next(): DueTimer | undefined {
    let first: DueTimer | undefined
    for (const timer of this.#timers) {
      if (
        first === undefined ||
        timer.dueMs < first.dueMs ||
        (timer.dueMs === first.dueMs && timer.order < first.order)
      ) {
        first = timer
      }
    }
    return first
  }
}

/** Lets promises and `setImmediate` callbacks already under way run to their end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}
