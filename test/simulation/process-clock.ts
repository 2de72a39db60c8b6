import type { CancelTimer, Clock } from '../../broker/clock.ts'

/**
 * The clock of one simulated process: once killed, its timers never fire and its sleeps never
 * end, as if the process were gone. Whatever still waits on it is garbage.
 */
export class ProcessClock implements Clock {
  readonly #clock: Clock
  readonly #cancels = new Set<CancelTimer>()
  #isKilled = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  kill(): void {
    this.#isKilled = true
    for (const cancel of this.#cancels) cancel()
  }

  now(): number {
    return this.#clock.now()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.setTimer(signal?.aborted === true ? 0 : ms, resolve)
      signal?.addEventListener('abort', () => {
        cancel()
        if (!this.#isKilled) resolve()
      })
    })
  }

  setTimer(ms: number, run: () => void): CancelTimer {
    if (this.#isKilled) return () => undefined
    const cancelTimer = this.#clock.setTimer(ms, () => {
      this.#cancels.delete(cancel)
      run()
    })
    const cancel = () => {
      this.#cancels.delete(cancel)
      cancelTimer()
    }
    this.#cancels.add(cancel)
    return cancel
  }
}
