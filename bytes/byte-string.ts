/**
 * Byte strings: bytes held in a JavaScript string, one character (0–255) a byte.
 *
 * Store keys are byte strings because V8 hashes a string once and keeps the hash, so a `Map` of
 * them is several times faster than one of buffers rendered anew; and their `<` is byte order,
 * the order of RocksDB. Text becomes a byte string by its UTF-8 bytes; ASCII text is its own.
 */
export type ByteString = string

/** Parts of a composite key are joined by this byte, which validated ids never contain. */
export const KEY_SEPARATOR = '\u0000'

const asciiOnly = /^[\u0000-\u007f]*$/

export function toByteString(text: string): ByteString {
  return asciiOnly.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

export function fromByteString(bytes: ByteString): string {
  return asciiOnly.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8')
}

/** The least byte string greater than every one that starts with `prefix`; undefined: no bound. */
export function prefixEnd(prefix: ByteString): ByteString | undefined {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const byte = prefix.charCodeAt(i)
    if (byte < 0xff) return prefix.slice(0, i) + String.fromCharCode(byte + 1)
  }
  return undefined
}
