import { expect } from 'vitest'
import { ByteReader } from '../../../bytes/byte-reader.ts'
import { ByteWriter } from '../../../bytes/byte-writer.ts'
import type { Codec } from '../../../bytes/codec.ts'

export function encoded<V>(codec: Codec<V>, value: V): Buffer {
  const writer = new ByteWriter(16)
  codec.encode(value, writer)
  return writer.copy()
}

/** Decodes from the middle of other bytes, and checks that exactly the value's were read. */
export function decoded<V>(codec: Codec<V>, bytes: Buffer): V {
  const buffer = Buffer.concat([Buffer.from([0xff]), bytes, Buffer.from([0xff])])
  const reader = new ByteReader(buffer, 1, 1 + bytes.length)
  const value = codec.decode(reader)
  expect(reader.remaining).toBe(0)
  return value
}
