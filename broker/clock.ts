import { steadyTime } from './steady-time.ts'

/**
 * Time as a parameter: everything that reads a clock or waits takes one of these.
 *
 * Tests and simulations pass a manual clock, so a timeout of a minute takes no time and happens
 * in the same order in every run.
 */
export interface Clock {
  /** Milliseconds since the epoch; may be wrong, and never goes back. */
  now(): number
  /** Resolves after `ms`, or at once when `signal` aborts: the caller looks at the signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Runs `fn` once after `ms`; @returns cancels it, harmless afterwards */
  setTimer(ms: number, fn: () => void): CancelTimer
}

export type CancelTimer = () => void

/** The machine's clock. A waiting timer keeps the process alive: whoever set it cancels it. */
export const systemClock: Clock = {
  now: steadyTime(() => Date.now()),

  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve()
        return
      }
      const finish = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, ms)
      signal?.addEventListener('abort', finish)
    })
  },

  setTimer(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => {
      clearTimeout(timer)
    }
  },
}
