import type { Clock } from './clock.ts'

/**
 * Lets one waiter sleep until something happens or time is up.
 *
 * U1. A wake between `reset` and `wait` is not lost: `wait` then returns at once.
 */
export class Wakeup {
  #isAwake = false
  #rouse: (() => void) | null = null

  reset(): void {
    this.#isAwake = false
  }

  wake(): void {
    this.#isAwake = true
    this.#rouse?.()
  }

  wait(clock: Clock, maxMs: number): Promise<void> {
    if (this.#isAwake) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel()
        this.#rouse = null
        resolve()
      }
      const cancel = clock.setTimer(maxMs, finish)
      this.#rouse = finish
    })
  }
}
