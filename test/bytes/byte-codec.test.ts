import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../bytes/errors.ts'

/** LEB128 as its definition has it, over integers of any size. */
function leb128(value: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt(value)
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 0x80 : low)
  } while (rest > 0n)
  return Buffer.from(bytes)
}

const edges = [7, 14, 21, 28, 31, 32, 35, 42, 49].flatMap((bits) => [2 ** bits - 1, 2 ** bits])
const integer = fc.oneof(
  fc.constantFrom(0, 1, ...edges, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
  fc.nat(),
)

test('varints are LEB128 and come back, to the largest safe integer', () => {
  fc.assert(
    fc.property(fc.array(integer), (values) => {
      const writer = new ByteWriter(1)
      for (const value of values) writer.varint(value)
      expect(writer.copy()).toEqual(Buffer.concat(values.map(leb128)))
      const reader = new ByteReader(writer.view())
      for (const value of values) expect(reader.varint()).toBe(value)
      expect(reader.remaining).toBe(0)
    }),
  )
})

test('texts, doubles and bytes come back from the middle of a buffer', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 100, maxLength: 300 })),
      fc.double(),
      fc.uint8Array(),
      (text, double, bytes) => {
        const writer = new ByteWriter(1)
        writer.u8(7)
        writer.string(text)
        writer.f64(double)
        writer.bytes(bytes)
        const reader = new ByteReader(writer.view(), 1)
        expect(reader.string()).toBe(text)
        expect(reader.f64()).toBe(double)
        expect(new Uint8Array(reader.bytes())).toEqual(bytes)
      },
    ),
  )
})

test('what ends too early is refused, and nothing beyond the end is read', () => {
  const writer = new ByteWriter()
  writer.string('twelve bytes')
  const bytes = writer.copy()
  for (let end = 0; end < bytes.length; end++) {
    expect(() => new ByteReader(bytes, 0, end).string()).toThrow(CorruptBytesError)
  }
  expect(() => new ByteReader(Buffer.alloc(9, 0xff)).varint()).toThrow(CorruptBytesError)
  expect(() => new ByteReader(bytes, 0, 5).f64()).toThrow(CorruptBytesError)
})
