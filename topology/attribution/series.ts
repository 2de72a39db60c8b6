import type { ByteString } from '../../bytes/byte-string.ts'
import type { Value } from '../../schemas/records.ts'
import {
  addToWindow,
  emptyHashWindow,
  type HashWindow,
  isWindowTouched,
  uniteWindows,
} from './hash-window.ts'
import type { MergerKind } from './primitives.ts'
import { hashToken } from './value.ts'

/** Newest observations that the mergers look at: two windows of five; a hash needs only the last. */
export const CAPACITY: Readonly<Record<MergerKind, number>> = {
  categorical: 10,
  numeric: 10,
  hash: 1,
}

/**
 * What the mergers need to know of a series: its length, its newest observations, and for hashes
 * the last time of each distinct value in the window. A structure to work on: state keeps it packed
 * (see partial.ts).
 *
 * A series is all observations of one (identity, primitive), or one attacker's share of them, in
 * the order (ts, attacker, seq).
 *
 * S1. Entries 0 ≤ i < `length` of the four arrays are observations in ascending order; what lies
 *     beyond is left over.
 * S2. The union of disjoint series is known from what is known of them, whatever the order and the
 *     grouping: the newest ten of a union are among the newest ten of its parts, counts add, and
 *     for hash windows see hash-window.ts.
 * S3. (ts, attacker, seq) differ for any two observations of a series: seq counts an attacker's
 *     observations of one primitive, and an overwrite keeps it.
 * S4. `count` > 0 exactly when `length` > 0.
 */
export class Series {
  kind: MergerKind = 'categorical'
  /** Observations of the whole series. */
  count = 0
  /** Observations held here, at most {@link CAPACITY}. */
  length = 0
  /** Epoch seconds. */
  readonly ts: number[] = []
  readonly attackers: ByteString[] = []
  readonly seqs: number[] = []
  /** Numeric series: numbers; else as observed. */
  readonly values: Value[] = []
  /** Hash series only. */
  hashes: HashWindow | null = null

  clear(kind: MergerKind): void {
    this.kind = kind
    this.count = 0
    this.length = 0
    this.hashes = kind === 'hash' ? emptyHashWindow : null
  }

  /** Time of the newest observation; 0 for an empty series. */
  get newestTs(): number {
    return this.length === 0 ? 0 : this.ts[this.length - 1]!
  }

  /** True when one of the observations held is the attacker's. */
  hasAttacker(attacker: ByteString): boolean {
    for (let i = this.length - 1; i >= 0; i--) if (this.attackers[i] === attacker) return true
    return false
  }

  /** Takes in one observation, wherever in the order it belongs. */
  insert(ts: number, attacker: ByteString, seq: number, value: Value): void {
    let at = this.length
    while (at > 0 && this.#isBeforeEntry(ts, attacker, seq, at - 1)) at--
    this.count++
    this.#place(at, ts, attacker, seq, value)
    if (this.hashes === null) return
    const token = value === null ? null : hashToken(value)
    this.hashes = addToWindow(this.hashes, token, ts, this.newestTs)
  }

  copy(other: Series): void {
    for (let i = 0; i < other.length; i++) this.#copyEntry(i, other, i)
    this.kind = other.kind
    this.count = other.count
    this.length = other.length
    this.hashes = other.hashes
  }

  /** Becomes the union of two disjoint series of one kind, neither of which is this one. */
  setUnion(a: Series, b: Series): void {
    const capacity = CAPACITY[a.kind]
    const length = Math.min(capacity, a.length + b.length)
    let i = a.length - 1
    let j = b.length - 1
    for (let at = length - 1; at >= 0; at--) {
      const isFromA = j < 0 || (i >= 0 && !a.#isEntryBefore(i, b, j))
      this.#copyEntry(at, isFromA ? a : b, isFromA ? i-- : j--)
    }
    this.kind = a.kind
    this.count = a.count + b.count
    this.length = length
    this.hashes =
      a.hashes === null || b.hashes === null
        ? null
        : uniteWindows(a.hashes, b.hashes, this.newestTs)
  }

  /**
   * True when taking `part` out of this series may change more than the count. False is certain:
   * nothing of `part` is among the newest here, nor in the hash window.
   */
  isTouchedBy(part: Series): boolean {
    if (part.length === 0) return false
    if (this.length < CAPACITY[this.kind]) return true
    if (!part.#isEntryBefore(part.length - 1, this, 0)) return true
    return this.hashes !== null && part.hashes !== null && isWindowTouched(this.hashes, part.hashes)
  }

  /** Puts an entry before index `at`; when full, the oldest makes room, be it the new one. */
  #place(at: number, ts: number, attacker: ByteString, seq: number, value: Value): void {
    let to = at
    if (this.length < CAPACITY[this.kind]) {
      for (let i = this.length; i > at; i--) this.#copyEntry(i, this, i - 1)
      this.length++
    } else {
      if (at === 0) return
      for (let i = 1; i < at; i++) this.#copyEntry(i - 1, this, i)
      to = at - 1
    }
    this.ts[to] = ts
    this.attackers[to] = attacker
    this.seqs[to] = seq
    this.values[to] = value
  }

  #copyEntry(to: number, from: Series, index: number): void {
    this.ts[to] = from.ts[index]!
    this.attackers[to] = from.attackers[index]!
    this.seqs[to] = from.seqs[index]!
    this.values[to] = from.values[index]!
  }

  #isEntryBefore(index: number, other: Series, otherIndex: number): boolean {
    return other.#isBeforeEntry(
      this.ts[index]!,
      this.attackers[index]!,
      this.seqs[index]!,
      otherIndex,
    )
  }

  /** (ts, attacker, seq) < entry `index`. */
  #isBeforeEntry(ts: number, attacker: ByteString, seq: number, index: number): boolean {
    const otherTs = this.ts[index]!
    if (ts !== otherTs) return ts < otherTs
    const other = this.attackers[index]!
    return attacker === other ? seq < this.seqs[index]! : attacker < other
  }
}
