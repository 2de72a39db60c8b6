import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'

/** `varint count, string…` */
export function writeTexts(into: ByteWriter, texts: readonly string[]): void {
  into.varint(texts.length)
  for (const text of texts) into.string(text)
}

/** @throws {CorruptBytesError} fewer bytes are left */
export function readTexts(from: ByteReader): string[] {
  const texts: string[] = []
  for (let rest = from.varint(); rest > 0; rest--) texts.push(from.string())
  return texts
}
