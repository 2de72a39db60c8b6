import type { ByteString } from '../bytes/byte-string.ts'
import { KeyFilter } from './key-filter.ts'

/**
 * Which keys of a store the disk may hold, and of which groups it may hold any: see {@link KeyFilter}.
 *
 * Of a group without rows a range read would tell the same, at the cost of an iterator.
 */
export class DiskKeys {
  readonly #keys = new KeyFilter()
  readonly #groups = new KeyFilter()
  readonly #groupOf: ((key: ByteString) => ByteString) | undefined

  /** @param groupOf of the store, if it has groups */
  constructor(groupOf: ((key: ByteString) => ByteString) | undefined) {
    this.#groupOf = groupOf
  }

  add(key: ByteString): void {
    this.#keys.add(key)
    if (this.#groupOf !== undefined) this.#groups.add(this.#groupOf(key))
  }

  mayHold(key: ByteString): boolean {
    if (!this.#keys.mayHold(key)) return false
    return this.#groupOf === undefined || this.#groups.mayHold(this.#groupOf(key))
  }

  mayHoldGroup(group: ByteString): boolean {
    return this.#groups.mayHold(group)
  }

  /** All keys that the disk held at open have been added. */
  completed(): void {
    this.#keys.completed()
    this.#groups.completed()
  }

  /** The store is empty now. */
  clear(): void {
    this.#keys.clear()
    this.#groups.clear()
  }
}
