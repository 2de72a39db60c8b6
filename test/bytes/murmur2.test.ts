import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { murmur2, partitionFor, partitionForText } from '../../bytes/murmur2.ts'

describe('murmur2', () => {
  // Published in Kafka's own UtilsTest.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('gives the value Kafka publishes for %j', (text, expected) => {
    expect(murmur2(Buffer.from(text))).toBe(expected)
  })

  it('places a key in the partition that its positive hash names', () => {
    expect(partitionFor(Buffer.from('21'), 7)).toBe((-973932308 & 0x7fffffff) % 7)
  })

  it('places text where its UTF-8 bytes lie, whatever its length and script', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 600 }), fc.string({ unit: 'grapheme', maxLength: 600 })),
        fc.integer({ min: 1, max: 1000 }),
        (text, count) => {
          expect(partitionForText(text, count)).toBe(partitionFor(Buffer.from(text), count))
        },
      ),
    )
  })
})
