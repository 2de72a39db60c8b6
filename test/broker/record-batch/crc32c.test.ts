import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../broker/record-batch/crc32c.ts'

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

describe('crc32c', () => {
  // RFC 3720 B.4, and the check value of the catalogue of CRC algorithms.
  it.each([
    [Buffer.from('123456789'), 0xe3069283],
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.alloc(0), 0],
  ])('gives the published checksum of %j', (bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected)
  })

  it('equals the definition bit by bit for every range of a buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, start) => {
        const from = Math.min(start, bytes.length)
        expect(crc32c(bytes, from)).toBe(bitByBit(bytes.subarray(from)))
      }),
    )
  })
})
