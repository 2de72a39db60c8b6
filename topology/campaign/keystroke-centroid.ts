/**
 * The middle of an identity's keystroke hashes: 64 bits, as two halves, since bits of a number are
 * counted 32 at a time.
 */
export interface KeystrokeCentroid {
  readonly high: number
  readonly low: number
}

const SIXTEEN_HEX_DIGITS = /^[0-9a-fA-F]{16}$/

/** @returns null: not 16 hexadecimal digits */
export function parseKeystrokeCentroid(text: string | null): KeystrokeCentroid | null {
  if (text === null || !SIXTEEN_HEX_DIGITS.test(text)) return null
  return {
    high: Number.parseInt(text.slice(0, 8), 16),
    low: Number.parseInt(text.slice(8), 16),
  }
}

/** Number of bits that differ, 0 to 64. */
export function hammingDistance(a: KeystrokeCentroid, b: KeystrokeCentroid): number {
  return bitCount(a.high ^ b.high) + bitCount(a.low ^ b.low)
}

function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  const bytes = (nibbles + (nibbles >>> 4)) & 0x0f0f0f0f
  return Math.imul(bytes, 0x01010101) >>> 24
}

export const CENTROID_BYTES = 8

/** @param place 0 for the lowest byte to 7 */
export function centroidByte({ high, low }: KeystrokeCentroid, place: number): number {
  const half = place < 4 ? low : high
  return (half >>> ((place % 4) * 8)) & 0xff
}

/** @returns 16 lowercase hexadecimal digits */
export function toHex({ high, low }: KeystrokeCentroid): string {
  return hexOfHalf(high) + hexOfHalf(low)
}

function hexOfHalf(half: number): string {
  return half.toString(16).padStart(8, '0')
}
