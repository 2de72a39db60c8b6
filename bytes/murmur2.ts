/**
 * Kafka's partitioner: `(murmur2(key) & 0x7fffffff) % partitions`.
 *
 * M1. Equal to Kafka's Java client for every key, so that a producer written in any language and
 *     this program agree on where a key lives.
 *
 * Source: Austin Appleby's MurmurHash2 with the seed Kafka fixed.
 */
const SEED = 0x9747b28c | 0
const MULTIPLIER = 0x5bd1e995

let scratch = Buffer.allocUnsafeSlow(256)

/** @returns a signed 32-bit hash of the first `length` bytes */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
  let hash = SEED ^ length
  const whole = length & ~3
  let i = 0
  for (; i < whole; i += 4) {
    let word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> 24
    word = Math.imul(word, MULTIPLIER)
    hash = Math.imul(hash, MULTIPLIER) ^ word
  }
  const rest = length - whole
  if (rest > 0) {
    if (rest === 3) hash ^= bytes[i + 2]! << 16
    if (rest >= 2) hash ^= bytes[i + 1]! << 8
    hash = Math.imul(hash ^ bytes[i]!, MULTIPLIER)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, MULTIPLIER)
  return hash ^ (hash >>> 15)
}

/** The partition of a key among `count`. */
export function partitionFor(keyBytes: Uint8Array, count: number): number {
  return (murmur2(keyBytes) & 0x7fffffff) % count
}

/** As {@link partitionFor} over the key's UTF-8 bytes, without allocating. */
export function partitionForText(key: string, count: number): number {
  return (murmur2(scratch, writeUtf8(key)) & 0x7fffffff) % count
}

function writeUtf8(text: string): number {
  const { length } = text
  // UTF-8 takes at most three bytes a UTF-16 unit.
  if (length * 3 > scratch.length) scratch = Buffer.allocUnsafeSlow(length * 4)
  // Keys are short and nearly always ASCII, where a loop beats the call into native code.
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return scratch.write(text, 0)
    scratch[i] = unit
  }
  return length
}
