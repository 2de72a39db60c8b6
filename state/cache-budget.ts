/**
 * Memory for decoded values that several owners share: who is busy has what others never needed.
 *
 * B1. Nobody is asked for more than it holds beyond an equal share. So whoever has less may grow up
 *     to that at the cost of who has more, and all are at most as much above the bound as what they
 *     hold that cannot go.
 * B2. An owner gives room only when it asks how much, which it does after every batch, empty ones
 *     too.
 */
export class CacheBudget {
  readonly #bytesMax: number
  readonly #held = new Map<object, number>()
  #total = 0

  /** @param bytesMax of all owners together */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes that an owner holds now. */
  holds(owner: object, bytes: number): void {
    this.#total += bytes - (this.#held.get(owner) ?? 0)
    this.#held.set(owner, bytes)
  }

  /** Bytes that an owner must let go. */
  excessOf(owner: object): number {
    const excess = this.#total - this.#bytesMax
    if (excess <= 0) return 0
    const share = this.#bytesMax / this.#held.size
    return Math.min(excess, Math.max(0, (this.#held.get(owner) ?? 0) - share))
  }

  /** An owner holds nothing any more, and has no share. */
  leave(owner: object): void {
    this.holds(owner, 0)
    this.#held.delete(owner)
  }
}
