import type { GroupMetadata } from '../../port.ts'
import { Signal } from './signal.ts'

/**
 * The generations that a member passes through.
 *
 * N1. While it is in the group there is a current one; who holds an older one of the same
 *     membership gets the newest, or waits for the next.
 * N2. One of an earlier membership has no successor: what was owned under it is lost, and must
 *     not be committed under the present one.
 */
export class Generations {
  #current: GroupMetadata | null = null
  /** The first of the present membership. */
  #firstId = Infinity
  #next = new Signal<GroupMetadata | null>()

  get current(): GroupMetadata | null {
    return this.#current
  }

  enter(generation: GroupMetadata): void {
    if (this.#current === null) this.#firstId = generation.generationId
    this.#turnTo(generation)
  }

  /** The membership is over. */
  leave(): void {
    this.#firstId = Infinity
    this.#turnTo(null)
  }

  /** As {@link Group.nextGeneration}. */
  after(stale: GroupMetadata): Promise<GroupMetadata | null> {
    const current = this.#current
    if (current === null || stale.generationId < this.#firstId) return Promise.resolve(null)
    if (stale.memberId !== current.memberId) return Promise.resolve(null)
    if (stale.generationId !== current.generationId) return Promise.resolve(current)
    return this.#next.promise
  }

  #turnTo(generation: GroupMetadata | null): void {
    this.#current = generation
    const next = this.#next
    this.#next = new Signal()
    next.set(generation)
  }
}
