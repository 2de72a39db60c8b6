import { type ByteString, KEY_SEPARATOR } from '../../bytes/byte-string.ts'

/** Keys of the attribution stores: parts joined by a byte 0, which ids and names never hold. */

/** (identity, primitive), (attacker, primitive), (identity, attacker). */
export function pairKey(first: ByteString, second: ByteString): ByteString {
  return first + KEY_SEPARATOR + second
}

/** The rows whose first part is this. */
export function groupKey(first: ByteString): ByteString {
  return first + KEY_SEPARATOR
}

/** Group of a key by its first part. */
export function firstPartOf(key: ByteString): ByteString {
  return key.slice(0, key.indexOf(KEY_SEPARATOR) + 1)
}

/** Group of a key of three parts by the first two; the last may hold anything. */
export function firstTwoPartsOf(key: ByteString): ByteString {
  return key.slice(0, key.indexOf(KEY_SEPARATOR, key.indexOf(KEY_SEPARATOR) + 1) + 1)
}

/** What follows the first part. */
export function restOf(key: ByteString): ByteString {
  return key.slice(key.indexOf(KEY_SEPARATOR) + 1)
}
