import type { ByteReader } from '../../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import { primitiveWords } from '../vocabulary.ts'

/**
 * The name of a primitive.
 *
 *     primitive := varint 1 + code     a word of the vocabulary
 *                | 00 string
 */
export function writePrimitive(into: ByteWriter, primitive: string): void {
  const code = primitiveWords.codeOf(primitive)
  into.varint(code + 1)
  if (code < 0) into.string(primitive)
}

/** @throws {CorruptBytesError} a word that is not known here */
export function readPrimitive(from: ByteReader): string {
  const code = from.varint() - 1
  if (code < 0) return from.string()
  const word = primitiveWords.wordOf(code)
  if (word === undefined) {
    throw new CorruptBytesError(`primitive ${code}`, from.position, from.end)
  }
  return word
}
