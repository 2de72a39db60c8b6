import type { Clock } from '../broker/clock.ts'
import { yieldToLoop } from './wake-up.ts'

/**
 * Keeps work in the background from taking the event loop from work in the foreground.
 *
 * After each piece it rests so long that the pieces take at most `share` of the time. With nothing
 * in the foreground it only lets others have a turn.
 */
export class Pace {
  readonly #clock: Clock
  readonly #share: number
  readonly #isForegroundBusy: () => boolean

  /** @param share of the time, 0 to 1 */
  constructor(clock: Clock, share: number, isForegroundBusy: () => boolean) {
    this.#clock = clock
    this.#share = share
    this.#isForegroundBusy = isForegroundBusy
  }

  /** To be called after each piece of work, which should take a few milliseconds. */
  async rest(workedMs: number): Promise<void> {
    const restMs = workedMs * (1 / this.#share - 1)
    if (restMs >= 1 && this.#isForegroundBusy()) await this.#clock.sleep(restMs)
    else await yieldToLoop()
  }
}
