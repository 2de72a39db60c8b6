import type { ByteString } from '../bytes/byte-string.ts'
import { lowerBound, SortedKeys } from './sorted-keys.ts'

/** A value from `sequence` on, until the version after it. */
interface Version {
  readonly sequence: number
  /** Null: deleted. */
  readonly value: Buffer | null
  readonly previous: Version | null
}

/**
 * Ordered rows in memory with views of past moments, each costing nothing but the versions that
 * were overwritten while it was open.
 *
 * V1. A view of sequence n sees, for each key, the newest version with sequence ≤ n.
 * V2. Versions no open view can see are dropped at the next write of their key.
 * V3. Deleted keys are forgotten only while no view is open, once they are half of all.
 */
export class MemoryRows {
  readonly #versions = new Map<ByteString, Version>()
  readonly #keys = new SortedKeys()
  readonly #views = new Map<object, number>()
  #sequence = 0
  #deleted = 0

  get size(): number {
    return this.#versions.size - this.#deleted
  }

  /** @param sequence a view's; absent: now */
  get(key: ByteString, sequence = this.#sequence): Buffer | null {
    let version: Version | null = this.#versions.get(key) ?? null
    while (version !== null && version.sequence > sequence) version = version.previous
    return version === null ? null : version.value
  }

  set(key: ByteString, value: Buffer | null): void {
    const newest = this.#versions.get(key)
    if (newest === undefined) {
      if (value === null) return
      this.#keys.add(key)
    } else {
      if (newest.value === null) this.#deleted--
    }
    if (value === null) this.#deleted++
    let previous = newest ?? null
    // A view may see an older version than the newest that none sees.
    while (previous !== null && !this.#isSeen(previous)) previous = previous.previous
    this.#versions.set(key, { sequence: ++this.#sequence, value, previous })
  }

  /** Opens a view of this moment. */
  view(holder: object): number {
    this.#views.set(holder, this.#sequence)
    return this.#sequence
  }

  releaseView(holder: object): void {
    this.#views.delete(holder)
  }

  releaseViews(): void {
    this.#views.clear()
  }

  /** Keys with gte ≤ key < lt that may have a value, ascending: ask `get` for each. */
  keys(gte: ByteString, lt: ByteString | undefined): ByteString[] {
    this.#forgetDeleted()
    const keys = this.#keys.settle()
    const end = lt === undefined ? keys.length : lowerBound(keys, lt)
    return keys.slice(lowerBound(keys, gte), end)
  }

  #isSeen(version: Version): boolean {
    for (const sequence of this.#views.values()) if (sequence >= version.sequence) return true
    return false
  }

  #forgetDeleted(): void {
    if (this.#deleted === 0 || this.#views.size > 0) return
    if (this.#deleted * 2 < this.#versions.size) return
    for (const [key, version] of this.#versions) {
      if (version.value === null) this.#versions.delete(key)
    }
    this.#deleted = 0
    this.#keys.retain((key) => this.#versions.has(key))
  }
}
