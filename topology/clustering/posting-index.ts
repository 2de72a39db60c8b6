import type { ByteString } from '../../bytes/byte-string.ts'
import { groupKey, pairKey, restOf } from '../attribution/store-keys.ts'
import type { KeyValueStore } from '../store.ts'
import { crossing, type Crossing, isGenericAfter, type PostingHead } from './posting-head.ts'
import type { Presence } from './presence.ts'

/**
 * Who holds which value; values are texts without a separator (see `escapedText`).
 *
 * H1. A value's head counts its posting list. A list is read only while its value is specific, or
 *     at a crossing: that of a hub costs nothing however long it is.
 * H2. A key a holder, so that no row grows.
 */
export class PostingIndex {
  readonly #heads: KeyValueStore<PostingHead>
  readonly #postings: KeyValueStore<Presence>
  readonly #limit: number

  /** @param limit holders of a value beyond which it is generic; Infinity: none ever is */
  constructor(heads: KeyValueStore<PostingHead>, postings: KeyValueStore<Presence>, limit: number) {
    this.#heads = heads
    this.#postings = postings
    this.#limit = limit
  }

  readonly isGeneric = (value: ByteString): boolean => this.#heads.get(value)?.isGeneric ?? false

  /** Reads all heads that will be asked for: what memory lacks is one miss, not one a value. */
  recall(values: readonly ByteString[]): void {
    this.#heads.getAll(values)
  }

  /** Several hold it, and it is specific. */
  isShared(value: ByteString): boolean {
    const head = this.#heads.get(value)
    return head !== undefined && head.holders > 1 && !head.isGeneric
  }

  /** Everybody who holds one of the values, once. */
  holders(values: readonly ByteString[]): ByteString[] {
    const holders = new Set<ByteString>()
    for (const rows of this.#postings.groupAll(values.map(groupKey))) {
      for (const [key] of rows) holders.add(restOf(key))
    }
    return [...holders]
  }

  add(value: ByteString, holder: ByteString): Crossing {
    this.#postings.put(pairKey(value, holder), true)
    const { holders, isGeneric } = this.#heads.get(value) ?? { holders: 0, isGeneric: false }
    return this.#count(value, holders + 1, isGeneric)
  }

  remove(value: ByteString, holder: ByteString): Crossing {
    this.#postings.delete(pairKey(value, holder))
    const head = this.#heads.get(value)
    if (head === undefined) return null
    if (head.holders > 1) return this.#count(value, head.holders - 1, head.isGeneric)
    this.#heads.delete(value)
    return crossing(head.isGeneric, false)
  }

  #count(value: ByteString, holders: number, wasGeneric: boolean): Crossing {
    const isGeneric = isGenericAfter(wasGeneric, holders, this.#limit)
    this.#heads.put(value, { holders, isGeneric })
    return crossing(wasGeneric, isGeneric)
  }
}
