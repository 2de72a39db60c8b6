const HEX_64_BIT = /^[0-9a-f]{16}$/i
const BITS = 64

/**
 * The centre of an identity's keystroke hashes (`motor.digraph_simhash`): a bit is set when it is
 * set in more than half of them.
 *
 * @param values what was observed; whatever is not 16 hexadecimal digits is passed over
 * @returns 16 lowercase hexadecimal digits; null: no value is valid
 */
export function keystrokeCentroid(values: Iterable<unknown>): string | null {
  const counts = new Uint32Array(BITS)
  let total = 0
  for (const value of values) {
    if (typeof value !== 'string' || !HEX_64_BIT.test(value)) continue
    total++
    let bits = BigInt(`0x${value}`)
    for (let bit = 0; bit < BITS; bit++, bits >>= 1n) counts[bit]! += Number(bits & 1n)
  }
  if (total === 0) return null
  let centroid = 0n
  for (const [bit, count] of counts.entries()) {
    if (count * 2 > total) centroid |= 1n << BigInt(bit)
  }
  return centroid.toString(16).padStart(16, '0')
}
