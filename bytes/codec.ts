import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

/**
 * Turns a value into bytes and back, for state and internal topics.
 *
 * The first byte a codec writes is its layout version; `decode` refuses versions it does not know.
 */
export interface Codec<V> {
  encode(value: V, into: ByteWriter): void
  /** @throws {CorruptBytesError} the bytes are damaged: the store is wiped and restored */
  decode(from: ByteReader): V
}
