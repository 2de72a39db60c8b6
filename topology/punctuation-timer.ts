/**
 * Says when a punctuation is due.
 *
 * P1. Several intervals passed at once are one punctuation.
 * P2. `done` is called whatever came of it, so a punctuation that throws is not tried for ever.
 */
export interface PunctuationTimer {
  isDue(timeMs: number): boolean
  /** The punctuation of `timeMs` ran or failed. */
  done(timeMs: number): void
}

/**
 * Due whenever stream time reaches or passes a multiple of the interval, and at the first record.
 *
 * Aligned to the epoch rather than to the start: what is due follows from stream time alone, which
 * is committed with the offsets, so a restart neither repeats nor skips a punctuation.
 */
export class StreamTimeTimer implements PunctuationTimer {
  readonly #intervalMs: number
  #interval: number

  constructor(intervalMs: number, streamTimeMs: number) {
    this.#intervalMs = intervalMs
    this.#interval = Math.floor(streamTimeMs / intervalMs)
  }

  isDue(timeMs: number): boolean {
    return Math.floor(timeMs / this.#intervalMs) > this.#interval
  }

  done(timeMs: number): void {
    this.#interval = Math.floor(timeMs / this.#intervalMs)
  }
}

/** Due every interval after it was first asked; a clock set back starts the interval anew. */
export class WallClockTimer implements PunctuationTimer {
  readonly #intervalMs: number
  #nextMs = Infinity

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  isDue(timeMs: number): boolean {
    if (timeMs + this.#intervalMs < this.#nextMs) this.#nextMs = timeMs + this.#intervalMs
    return timeMs >= this.#nextMs
  }

  done(timeMs: number): void {
    const missed = Math.floor((timeMs - this.#nextMs) / this.#intervalMs)
    this.#nextMs += (missed + 1) * this.#intervalMs
  }
}
