import type { RawRecord } from '../record-batch/record.ts'

const FIRST_ENTRIES = 1024
/** Per entry: offset, start of the key, hash, and its share of slots (one to two a entry). */
const ENTRY_BYTES = 8 + 4 + 4 + 8

/**
 * The newest offset of each key, and whether they have outgrown a budget.
 *
 * Keys are kept whole and compared byte by byte: a table of hashes would be smaller, but a
 * collision would delete somebody's newest record.
 *
 * ```
 * slots    hash → entry + 1 (0: free), open addressing, at most half full
 * entries  offset f64 · key start i32 · hash i32
 * arena    key bytes end to end: key i ends where key i + 1 starts
 * ```
 */
export class KeyOffsetTable {
  readonly #bytesMax: number
  readonly #seed: number
  #slots = new Int32Array(FIRST_ENTRIES * 2)
  #offsets = new Float64Array(FIRST_ENTRIES)
  #hashes = new Int32Array(FIRST_ENTRIES)
  #starts = new Int32Array(FIRST_ENTRIES + 1)
  #arena = Buffer.allocUnsafeSlow(FIRST_ENTRIES * 32)
  #count = 0

  /** @param seed unknown to whoever chooses keys, so that nobody can make them collide */
  constructor(bytesMax: number, seed: number) {
    this.#bytesMax = bytesMax
    this.#seed = seed
  }

  get count(): number {
    return this.#count
  }

  /** The budget is used up; more keys are still taken. */
  get isFull(): boolean {
    return this.#starts[this.#count]! + this.#count * ENTRY_BYTES >= this.#bytesMax
  }

  /** Notes that `record` is the newest of its key. */
  put(record: RawRecord): void {
    const { buffer, keyStart, keyEnd, offset } = record
    const hash = this.#hash(buffer, keyStart, keyEnd)
    const slot = this.#slot(hash, buffer, keyStart, keyEnd)
    const entry = this.#slots[slot]! - 1
    if (entry >= 0) {
      this.#offsets[entry] = offset
      return
    }
    const end = this.#starts[this.#count]! + keyEnd - keyStart
    if (end > this.#arena.length) this.#growArena(end)
    buffer.copy(this.#arena, this.#starts[this.#count], keyStart, keyEnd)
    this.#offsets[this.#count] = offset
    this.#hashes[this.#count] = hash
    this.#slots[slot] = ++this.#count
    if (this.#count === this.#offsets.length) this.#growEntries()
    this.#starts[this.#count] = end
  }

  /** −1: the key is not in the table. */
  newestOffset({ buffer, keyStart, keyEnd }: RawRecord): number {
    const hash = this.#hash(buffer, keyStart, keyEnd)
    const entry = this.#slots[this.#slot(hash, buffer, keyStart, keyEnd)]! - 1
    return entry < 0 ? -1 : this.#offsets[entry]!
  }

  /** The slot of the key, or the free one where it would go. */
  #slot(hash: number, buffer: Buffer, keyStart: number, keyEnd: number): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const entry = this.#slots[slot]! - 1
      if (entry < 0) return slot
      if (this.#hashes[entry] === hash && this.#equals(entry, buffer, keyStart, keyEnd)) return slot
      slot = (slot + 1) & mask
    }
  }

  #equals(entry: number, buffer: Buffer, keyStart: number, keyEnd: number): boolean {
    const start = this.#starts[entry]!
    if (this.#starts[entry + 1]! - start !== keyEnd - keyStart) return false
    const arena = this.#arena
    for (let i = keyStart, j = start; i < keyEnd; i++, j++) if (buffer[i] !== arena[j]) return false
    return true
  }

  #hash(buffer: Buffer, start: number, end: number): number {
    let hash = this.#seed
    for (let i = start; i < end; i++) {
      hash = Math.imul(hash ^ buffer[i]!, 0x01000193)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0x85ebca6b)
    return hash ^ (hash >>> 13)
  }

  #growArena(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#arena.length * 2))
    this.#arena.copy(grown)
    this.#arena = grown
  }

  #growEntries(): void {
    const capacity = this.#offsets.length * 2
    const offsets = new Float64Array(capacity)
    offsets.set(this.#offsets)
    this.#offsets = offsets
    const starts = new Int32Array(capacity + 1)
    starts.set(this.#starts)
    this.#starts = starts
    const hashes = new Int32Array(capacity)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    const slots = new Int32Array(capacity * 2)
    const mask = slots.length - 1
    for (let entry = 0; entry < this.#count; entry++) {
      let slot = hashes[entry]! & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = entry + 1
    }
    this.#slots = slots
  }
}
