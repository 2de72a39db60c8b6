/** Older ones are thinned out, not dropped: they tell less exactly, but still tell. */
const SIGHTINGS_MAX = 128
const SPACING_MS = 100

interface Sighting {
  end: number
  readonly atMs: number
}

/**
 * Where the end of a partition's log was seen when: tells since when a record has been there whose
 * own time says nothing of that, such as one that carries event time.
 *
 * E1. An answer is never too short for what arrived while the log was watched, and too long by
 *     no more than the distance of two sightings.
 * E2. What was there before the first sighting counts from it.
 */
export class LogEnds {
  /** Ascending in both. */
  #sightings: Sighting[] = []

  /**
   * @param end offset after the last record seen
   * @param passed sightings at or before this offset are not needed any more
   */
  note(end: number, atMs: number, passed: number): void {
    const first = this.#sightings.findIndex((sighting) => sighting.end > passed)
    this.#sightings.splice(0, first < 0 ? this.#sightings.length : first)
    const last = this.#sightings.at(-1)
    if (end <= (last?.end ?? passed)) return
    if (last !== undefined && atMs - last.atMs < SPACING_MS) last.end = end
    else this.#sightings.push({ end, atMs })
    if (this.#sightings.length > SIGHTINGS_MAX) this.#thinOut()
  }

  /** For how long the record at `offset` has been there; 0 when it was not seen. */
  ageMs(offset: number, nowMs: number): number {
    const sighting = this.#sightings.find(({ end }) => end > offset)
    return sighting === undefined ? 0 : Math.max(0, nowMs - sighting.atMs)
  }

  /** Joins neighbours: of each pair the earlier time and the later end. */
  #thinOut(): void {
    const joined: Sighting[] = []
    for (let i = 0; i < this.#sightings.length; i += 2) {
      const { atMs, end } = this.#sightings[i]!
      joined.push({ atMs, end: this.#sightings[i + 1]?.end ?? end })
    }
    this.#sightings = joined
  }
}
