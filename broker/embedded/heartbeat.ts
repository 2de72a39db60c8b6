import type { CancelTimer, Clock } from '../clock.ts'

/** Calls back at an interval until stopped. */
export class Heartbeat {
  readonly #clock: Clock
  readonly #intervalMs: number
  #cancel: CancelTimer | null = null

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#intervalMs = intervalMs
  }

  start(beat: () => void): void {
    this.#cancel?.()
    this.#cancel = this.#clock.setTimer(this.#intervalMs, () => {
      this.#cancel = null
      this.start(beat)
      beat()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }
}
