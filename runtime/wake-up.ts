import type { Clock } from '../broker/clock.ts'

/**
 * Lets one loop sleep until somebody has work for it.
 *
 * A `notify` before `wait` is not lost: the next wait returns at once.
 */
export class WakeUp {
  readonly #clock: Clock
  #notified = false
  #wake: (() => void) | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  notify(): void {
    this.#notified = true
    this.#wake?.()
  }

  async wait(timeoutMs: number): Promise<void> {
    if (!this.#notified) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.setTimer(timeoutMs, resolve)
        this.#wake = () => {
          cancel()
          resolve()
        }
      })
      this.#wake = null
    }
    this.#notified = false
  }
}

/** Gives timers, sockets and other tasks their turn. */
export function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
