import type { ByteString } from '../bytes/byte-string.ts'

/** Keys of the first segment; each further one holds twice as many. */
const FIRST_SEGMENT_KEYS = 1 << 15
const BITS_PER_KEY = 10
/** At 10 bits a key, 7 probes are wrong about one absent key in 120; 4 about one in 85. */
const PROBES = 4

/**
 * Says of most keys that the disk does not hold them, without asking the disk.
 *
 * A look-up through the database binding costs some 10 µs whether or not the key is there, and
 * most keys that a task meets for the first time are not: new identities, new observations. This
 * is a Bloom filter (Bloom, 1970) over the keys of one store, in segments that double.
 *
 * K1. `mayHold` is never false for a key on disk, which would be taken for absent and not be
 *     deleted. So every write to the disk is noted before it happens, and until the keys that were
 *     there before are noted too, the answer is always true.
 * K2. Deleted keys stay in: a wrong "may hold" costs a read, or a tombstone.
 * K3. What it already seems to hold takes no room: a key is noted at every checkpoint that writes
 *     it, and the filter grows with the keys, not with the writes.
 */
export class KeyFilter {
  #segments: Segment[] = []
  #isComplete = false
  #hash1 = 0
  #hash2 = 0

  /** All keys that the disk held at open have been added. */
  completed(): void {
    this.#isComplete = true
  }

  /** Memory taken. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  add(key: ByteString): void {
    this.#digest(key)
    if (this.#seemsToHold()) return
    let last = this.#segments.at(-1)
    if (last === undefined || last.keys >= last.keysMax) {
      last = new Segment(last === undefined ? FIRST_SEGMENT_KEYS : last.keysMax * 2)
      this.#segments.push(last)
    }
    last.add(this.#hash1, this.#hash2)
  }

  mayHold(key: ByteString): boolean {
    if (!this.#isComplete) return true
    if (this.#segments.length === 0) return false
    this.#digest(key)
    return this.#seemsToHold()
  }

  /** The store is empty now. */
  clear(): void {
    this.#segments = []
    this.#isComplete = true
  }

  #seemsToHold(): boolean {
    for (const segment of this.#segments) {
      if (segment.mayHold(this.#hash1, this.#hash2)) return true
    }
    return false
  }

  /** Two hashes at once: FNV-1a and its neighbour with another prime, finished as Murmur does. */
  #digest(key: ByteString): void {
    let a = 0x811c9dc5
    let b = 0x9747b28c
    for (let i = 0; i < key.length; i++) {
      const byte = key.charCodeAt(i)
      a = Math.imul(a ^ byte, 0x01000193)
      b = Math.imul(b ^ byte, 0x5bd1e995)
    }
    this.#hash1 = finish(a)
    this.#hash2 = finish(b) | 1
  }
}

class Segment {
  readonly keysMax: number
  keys = 0
  readonly #bits: Uint32Array
  readonly #mask: number

  constructor(keysMax: number) {
    this.keysMax = keysMax
    const bits = 1 << Math.ceil(Math.log2(keysMax * BITS_PER_KEY))
    this.#bits = new Uint32Array(bits >>> 5)
    this.#mask = bits - 1
  }

  get bytes(): number {
    return this.#bits.byteLength
  }

  add(hash1: number, hash2: number): void {
    this.keys++
    for (let probe = 0, at = hash1; probe < PROBES; probe++, at = (at + hash2) | 0) {
      const bit = at & this.#mask
      this.#bits[bit >>> 5]! |= 1 << (bit & 31)
    }
  }

  mayHold(hash1: number, hash2: number): boolean {
    for (let probe = 0, at = hash1; probe < PROBES; probe++, at = (at + hash2) | 0) {
      const bit = at & this.#mask
      if ((this.#bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return false
    }
    return true
  }
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
