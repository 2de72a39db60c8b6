import type { ByteString } from '../bytes/byte-string.ts'
import { entryBytes, type Entry } from './entry.ts'

/**
 * The entries of a store in memory, and which of them go when room is needed.
 *
 * Eviction is CLOCK: a hand goes round the entries in the order of their arrival; a used one gets
 * a second chance, an unused one goes.
 *
 * E1. Only clean entries go (layers = 0): what is not on disk is nowhere else.
 * E2. A call to `evict` costs a bounded number of steps, also when nearly everything is unclean.
 */
export class EntryCache<V> {
  readonly #entries = new Map<ByteString, Entry<V>>()
  /**
   * Kept between calls, so that every entry gets its turn. A Map's iterator sees what arrives
   * while it lasts and skips what left.
   */
  #hand: Iterator<Entry<V>> | null = null
  /** The entry found last, while it is here. */
  #last: Entry<V> | null = null
  /** Approximate bytes of all entries. */
  bytes = 0
  /** Entries that may go. */
  cleanCount = 0

  get size(): number {
    return this.#entries.size
  }

  get(key: ByteString): Entry<V> | undefined {
    // A write follows the read of the same key: one look-up serves both.
    const last = this.#last
    if (last !== null && last.key === key) return last
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.#last = entry
    return entry
  }

  /** Takes in a clean entry of a key that is not here. */
  add(entry: Entry<V>): void {
    this.#entries.set(entry.key, entry)
    this.bytes += entry.bytes
    this.cleanCount++
  }

  /** Lets a clean entry go. */
  remove(entry: Entry<V>): void {
    if (this.#last === entry) this.#last = null
    this.#entries.delete(entry.key)
    this.bytes -= entry.bytes
    this.cleanCount--
  }

  /** Corrects an entry's size once its value has been encoded. */
  resize(entry: Entry<V>, encodedLength: number): void {
    const bytes = entryBytes(entry.key, encodedLength)
    this.bytes += bytes - entry.bytes
    entry.bytes = bytes
  }

  clear(): void {
    this.#entries.clear()
    this.#last = null
    this.#hand = null
    this.bytes = 0
    this.cleanCount = 0
  }

  /** Lets clean entries of about `bytes` go, looking at no more than `stepsMax`. */
  evict(bytes: number, stepsMax: number): void {
    const target = this.bytes - bytes
    for (let steps = 0; steps < stepsMax && this.bytes > target && this.cleanCount > 0; steps++) {
      this.#hand ??= this.#entries.values()
      const next = this.#hand.next()
      if (next.done === true) {
        this.#hand = null
        continue
      }
      const entry = next.value
      if (entry.layers !== 0) continue
      if (entry.referenced) entry.referenced = false
      else this.remove(entry)
    }
  }

  /** Forgets where the hand was: an iterator that rests keeps former tables of its Map alive. */
  rest(): void {
    this.#hand = null
  }
}
