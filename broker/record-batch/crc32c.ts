/**
 * CRC-32C (Castagnoli), the checksum of record batches, by slicing-by-8.
 *
 * Plain JavaScript: about 1 GB/s, with no native dependency. Node's `zlib.crc32` is the other
 * polynomial.
 *
 * Source: RFC 3720 B.4; Kounavis and Berry, "A Systematic Approach to Building High Performance
 * Software-based CRC Generators" (2005).
 */
const POLYNOMIAL = 0x82f63b78

/** Eight tables of 256 entries end to end: table k is the effect of a byte k bytes back. */
const tables = makeTables()

function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    made[byte] = crc
  }
  for (let i = 256; i < made.length; i++) {
    const previous = made[i - 256]!
    made[i] = (previous >>> 8) ^ made[previous & 0xff]!
  }
  return made
}

/** The checksum of `start` ≤ index < `end`, as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const table = tables
  let crc = -1
  let i = start
  for (const whole = end - 7; i < whole; i += 8) {
    const low =
      crc ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24))
    crc =
      table[1792 | (low & 0xff)]! ^
      table[1536 | ((low >>> 8) & 0xff)]! ^
      table[1280 | ((low >>> 16) & 0xff)]! ^
      table[1024 | (low >>> 24)]! ^
      table[768 | bytes[i + 4]!]! ^
      table[512 | bytes[i + 5]!]! ^
      table[256 | bytes[i + 6]!]! ^
      table[bytes[i + 7]!]!
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 0xff]!
  return ~crc >>> 0
}
