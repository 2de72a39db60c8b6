/** Bits of a keystroke hash (`motor.digraph_simhash`). */
export const KEYSTROKE_BITS = 64

const HEX_64_BIT = /^[0-9a-f]{16}$/i

/**
 * Keystroke hashes, added up: in how many of them each bit is set. Sums of disjoint sets add, so
 * identities that merge and part have exact centres. Never changed in place.
 */
export interface KeystrokeCounts {
  readonly total: number
  /** By bit, the least significant first; {@link KEYSTROKE_BITS} of them. */
  readonly set: readonly number[]
}

export const NO_KEYSTROKES: KeystrokeCounts = {
  total: 0,
  set: Array.from({ length: KEYSTROKE_BITS }, () => 0),
}

/** @returns the counts themselves where the value is no hash of 16 hexadecimal digits */
export function withKeystroke(
  counts: KeystrokeCounts,
  value: unknown,
  by: 1 | -1,
): KeystrokeCounts {
  if (typeof value !== 'string' || !HEX_64_BIT.test(value)) return counts
  const bits = BigInt(`0x${value}`)
  const set = counts.set.map((count, bit) => count + by * Number((bits >> BigInt(bit)) & 1n))
  return { total: counts.total + by, set }
}

/** Of what was observed; whatever is not 16 hexadecimal digits is passed over. */
export function keystrokesOf(values: Iterable<unknown>): KeystrokeCounts {
  let counts = NO_KEYSTROKES
  for (const value of values) counts = withKeystroke(counts, value, 1)
  return counts
}

export function sumOfKeystrokes(parts: Iterable<KeystrokeCounts>): KeystrokeCounts {
  let total = 0
  const set = [...NO_KEYSTROKES.set]
  for (const part of parts) {
    total += part.total
    for (let bit = 0; bit < KEYSTROKE_BITS; bit++) set[bit]! += part.set[bit]!
  }
  return { total, set }
}

/**
 * The centre: a bit is set when it is set in more than half of the hashes.
 * @returns 16 lowercase hexadecimal digits; null: there are none
 */
export function centroidOf({ set, total }: KeystrokeCounts): string | null {
  if (total === 0) return null
  let centroid = 0n
  for (const [bit, count] of set.entries()) if (count * 2 > total) centroid |= 1n << BigInt(bit)
  return centroid.toString(16).padStart(16, '0')
}
