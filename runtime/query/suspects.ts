import type { Clock } from '../../broker/clock.ts'

const SUSPICION_MS = 2_000

/**
 * Places that lately did not answer.
 *
 * A stopped machine costs every question its share of the deadline until the group notices, which
 * takes a session timeout. Who was silent is asked last for a while instead; the next question
 * after that tries it again.
 */
export class Suspects {
  readonly #clock: Clock
  readonly #untilMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(place: string): boolean {
    return (this.#untilMs.get(place) ?? 0) > this.#clock.now()
  }

  add(place: string): void {
    const now = this.#clock.now()
    for (const [other, untilMs] of this.#untilMs) if (untilMs <= now) this.#untilMs.delete(other)
    this.#untilMs.set(place, now + SUSPICION_MS)
  }

  /** It has answered. */
  clear(place: string): void {
    this.#untilMs.delete(place)
  }
}
