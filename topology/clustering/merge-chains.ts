/** A row that may have been merged into another. */
export interface Mergeable {
  readonly uuid: string
  readonly mergedInto: string | null
}

/**
 * Where merges lead: from an id along its pointers to the end of the chain.
 *
 * M1. A chain may end on an id that has no row: that id is its end. A row that points at itself is
 *     not merged.
 * M2. Pointers that form a cycle have no end; the smallest id of the cycle stands in, whichever id
 *     one starts from. Merging never makes one, so a cycle is damage: it is counted.
 * M3. Ends are remembered, so all chains together cost one walk over the rows. Only an end is ever
 *     merged, so what is remembered leads on to the new end.
 */
export class MergeChains {
  readonly #pointers = new Map<string, string>()
  readonly #ends = new Map<string, string>()
  #cycles = 0

  constructor(rows: Iterable<Mergeable>) {
    for (const { mergedInto, uuid } of rows) {
      if (mergedInto !== null && mergedInto !== uuid) this.#pointers.set(uuid, mergedInto)
    }
  }

  /** Cycles met so far. */
  get cycles(): number {
    return this.#cycles
  }

  /** Follows one more merge from now on; both are ends, and differ. */
  merge(end: string, into: string): void {
    this.#ends.delete(end)
    this.#pointers.set(end, into)
  }

  endOf(id: string): string {
    const walked = new Set<string>()
    let at = id
    for (;;) {
      const next = this.#ends.get(at) ?? this.#pointers.get(at)
      if (next === undefined || next === at) break
      if (walked.has(at)) {
        at = this.#smallestOfCycle(at)
        break
      }
      walked.add(at)
      at = next
    }
    for (const each of walked) this.#ends.set(each, at)
    return at
  }

  #smallestOfCycle(start: string): string {
    this.#cycles++
    let smallest = start
    for (let at = this.#pointers.get(start)!; at !== start; at = this.#pointers.get(at)!) {
      if (at < smallest) smallest = at
    }
    return smallest
  }
}
