/**
 * Keys for which one node asked a call of `batchEnd` when the batch ends.
 *
 * K1. A key asked for in a scope that rolls back was not asked for.
 * K2. Keys are handed out in order; one is forgotten only when it is done.
 * K3. None is left when a batch has ended: what waits for the end lives in memory only, and the
 *     commit that follows would leave it behind.
 */
export class BatchEndKeys {
  readonly #asked = new Set<string>()
  readonly #ofScope: string[] = []
  #ofScopeCount = 0
  /** Keys being worked off, ascending; null: not begun. */
  #turn: string[] | null = null
  #done = 0

  get isUnderWay(): boolean {
    return this.#turn !== null
  }

  ask(key: string): void {
    if (this.#asked.has(key)) return
    this.#asked.add(key)
    this.#ofScope[this.#ofScopeCount++] = key
  }

  commit(): void {
    this.#ofScopeCount = 0
  }

  rollback(): void {
    for (let i = 0; i < this.#ofScopeCount; i++) this.#asked.delete(this.#ofScope[i]!)
    this.#ofScopeCount = 0
  }

  /** The key whose turn it is, the same until it is done; undefined: all are done. */
  next(): string | undefined {
    this.#turn ??= [...this.#asked].sort()
    return this.#turn[this.#done]
  }

  keyDone(): void {
    this.#done++
  }

  /** Forgets all keys; the next batch starts anew. */
  clear(): void {
    this.#asked.clear()
    this.#turn = null
    this.#done = 0
  }
}
