import type { ByteReader } from '../../../bytes/byte-reader.ts'
import type { ByteString } from '../../../bytes/byte-string.ts'
import type { ByteWriter } from '../../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'

/** Below this a loop is faster than a call into native code. */
const LOOP_LENGTH_MAX = 48

/** A byte string with its length before it: `varint length, bytes`. */
export function writeByteString(into: ByteWriter, bytes: ByteString): void {
  into.varint(bytes.length)
  writeRawByteString(into, bytes)
}

/** The bytes alone: whoever reads them knows how many. */
export function writeRawByteString(into: ByteWriter, bytes: ByteString): void {
  const { length } = bytes
  into.reserve(length)
  const { buffer, position } = into
  if (length > LOOP_LENGTH_MAX) buffer.write(bytes, position, 'latin1')
  else for (let i = 0; i < length; i++) buffer[position + i] = bytes.charCodeAt(i)
  into.position = position + length
}

export function readByteString(from: ByteReader): ByteString {
  return readRawByteString(from, from.varint())
}

/** @throws {CorruptBytesError} fewer bytes are left */
export function readRawByteString(from: ByteReader, length: number): ByteString {
  const start = from.position
  if (start + length > from.end) throw new CorruptBytesError('byte string', start, from.end)
  from.position = start + length
  return from.buffer.toString('latin1', start, start + length)
}
