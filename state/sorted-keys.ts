import type { ByteString } from '../bytes/byte-string.ts'

/**
 * Distinct byte strings in order, cheap to add to in any order: new ones wait unsorted until
 * somebody looks.
 *
 * K1. `sorted` is ascending and holds neither doubles nor anything in `added`.
 * K2. A key is added by its owner only when it was not there (a Map beside this decides).
 */
export class SortedKeys {
  #sorted: ByteString[] = []
  #added: ByteString[] = []

  add(key: ByteString): void {
    this.#added.push(key)
  }

  /** Drops the keys that `keep` refuses; linear. */
  retain(keep: (key: ByteString) => boolean): void {
    this.#sorted = this.settle().filter(keep)
  }

  /** All keys, ascending; valid until the next call. */
  settle(): readonly ByteString[] {
    const added = this.#added
    if (added.length === 0) return this.#sorted
    added.sort(byteOrder)
    const last = this.#sorted.at(-1)
    if (last === undefined || last < added[0]!) {
      for (const key of added) this.#sorted.push(key)
    } else {
      this.#sorted = merge(this.#sorted, added)
    }
    this.#added = []
    return this.#sorted
  }
}

/** Index of the first key ≥ `bound` in ascending `keys`; their length if there is none. */
export function lowerBound(keys: readonly ByteString[], bound: ByteString): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < bound) low = middle + 1
    else high = middle
  }
  return low
}

export function byteOrder(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function merge(left: readonly ByteString[], right: readonly ByteString[]): ByteString[] {
  const merged: ByteString[] = []
  let r = 0
  for (const key of left) {
    while (r < right.length && right[r]! < key) merged.push(right[r++]!)
    merged.push(key)
  }
  while (r < right.length) merged.push(right[r++]!)
  return merged
}
