/** One counter of one node; `pending` is what the open scope added. */
export interface NodeCounter {
  readonly key: string
  pending: number
}

/**
 * Counters of a task's nodes, keyed `node/counter`.
 *
 * N1. What a scope added reaches the totals when it commits, and is forgotten when it rolls back.
 */
export class NodeCounters {
  readonly #totals: Map<string, number>
  /** Slots are reused: emptying an array costs more than a count beside it. */
  readonly #touched: NodeCounter[] = []
  #touchedCount = 0

  /** @param totals summed over every task that shares it */
  constructor(totals: Map<string, number>) {
    this.#totals = totals
  }

  counter(node: string, name: string): NodeCounter {
    return { key: `${node}/${name}`, pending: 0 }
  }

  /** Adds within the open scope. */
  add(counter: NodeCounter, by: number): void {
    if (counter.pending === 0) this.#touched[this.#touchedCount++] = counter
    counter.pending += by
  }

  /** Adds for good, whatever happens to the open scope. */
  addNow(node: string, name: string): void {
    this.#addTotal(`${node}/${name}`, 1)
  }

  commit(): void {
    for (let i = 0; i < this.#touchedCount; i++) {
      const counter = this.#touched[i]!
      if (counter.pending === 0) continue
      this.#addTotal(counter.key, counter.pending)
      counter.pending = 0
    }
    this.#touchedCount = 0
  }

  rollback(): void {
    for (let i = 0; i < this.#touchedCount; i++) this.#touched[i]!.pending = 0
    this.#touchedCount = 0
  }

  #addTotal(key: string, by: number): void {
    this.#totals.set(key, (this.#totals.get(key) ?? 0) + by)
  }
}
