import type { ByteReader } from '../../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import type { Value } from '../../../schemas/records.ts'
import { StructuredValue } from '../../../schemas/structured-value.ts'
import { valueWords } from '../vocabulary.ts'

/**
 * An observed value in state and internal topics; comes back the same in form and type.
 *
 *     value := 00                  null
 *            | 01 | 02             false | true
 *            | 03 f64              number
 *            | 04 string           text
 *            | 05 string           list or object, canonical JSON
 *            | 06 varint           whole number, 0 to 2^53 − 1
 *            | 10 + code           word of the vocabulary
 */
const NULL = 0
const FALSE = 1
const TRUE = 2
const DOUBLE = 3
const TEXT = 4
const STRUCTURE = 5
const INTEGER = 6
/** A word's tag is this and its code; equal tags are equal words. */
export const WORD = 16

export function writeValue(into: ByteWriter, value: Value): void {
  switch (typeof value) {
    case 'string': {
      const code = valueWords.codeOf(value)
      if (code >= 0) {
        into.u8(WORD + code)
        return
      }
      into.u8(TEXT)
      into.string(value)
      return
    }
    case 'number':
      if (value >= 0 && Number.isSafeInteger(value)) {
        into.u8(INTEGER)
        into.varint(value)
        return
      }
      into.u8(DOUBLE)
      into.f64(value)
      return
    case 'boolean':
      into.u8(value ? TRUE : FALSE)
      return
    default:
      if (value === null) {
        into.u8(NULL)
        return
      }
      into.u8(STRUCTURE)
      into.string(value.json)
  }
}

/** @throws {CorruptBytesError} no value starts here */
export function readValue(from: ByteReader): Value {
  const tag = from.u8()
  if (tag >= WORD) {
    const word = valueWords.wordOf(tag - WORD)
    if (word !== undefined) return word
  }
  switch (tag) {
    case NULL:
      return null
    case FALSE:
      return false
    case TRUE:
      return true
    case DOUBLE:
      return from.f64()
    case TEXT:
      return from.string()
    case STRUCTURE:
      return new StructuredValue(from.string())
    case INTEGER:
      return from.varint()
    default:
      throw new CorruptBytesError(`value tag ${tag}`, from.position, from.end)
  }
}
