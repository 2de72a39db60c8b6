import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'

/** `number varint, that many strings` */
export function writeTexts(into: ByteWriter, texts: readonly string[]): void {
  into.varint(texts.length)
  for (const text of texts) into.string(text)
}

export function readTexts(from: ByteReader): string[] {
  const texts: string[] = []
  for (let rest = from.varint(); rest > 0; rest--) texts.push(from.string())
  return texts
}
