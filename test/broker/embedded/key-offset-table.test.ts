import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyOffsetTable } from '../../../broker/embedded/key-offset-table.ts'
import type { RawRecord } from '../../../broker/record-batch/record.ts'

/** A record of which only the key and the offset matter. */
function recordOf(key: string, offset: number): RawRecord {
  const buffer = Buffer.from(`<${key}>`)
  const keyEnd = buffer.length - 1
  const none = { timestampMs: 0, valueStart: -1, valueEnd: -1, headersStart: 0 }
  return { buffer, offset, keyStart: 1, keyEnd, ...none }
}

describe('key offset table', () => {
  it('answers as a map does, at any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ maxLength: 8 }), fc.maxSafeNat()), { maxLength: 5000 }),
        fc.integer(),
        (puts, seed) => {
          const table = new KeyOffsetTable(Infinity, seed)
          const map = new Map<string, number>()
          for (const [key, offset] of puts) {
            table.put(recordOf(key, offset))
            map.set(key, offset)
          }
          expect(table.count).toBe(map.size)
          for (const [key, offset] of map) {
            expect(table.newestOffset(recordOf(key, 0))).toBe(offset)
            const longer = `${key}!`
            expect(table.newestOffset(recordOf(longer, 0))).toBe(map.get(longer) ?? -1)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('grows past its first size', () => {
    const table = new KeyOffsetTable(Infinity, 7)
    for (let i = 0; i < 20_000; i++) table.put(recordOf(`some longer key number ${i}`, i))
    expect(table.count).toBe(20_000)
    for (const i of [0, 1023, 1024, 19_999]) {
      expect(table.newestOffset(recordOf(`some longer key number ${i}`, 0))).toBe(i)
    }
  })

  it('says when its budget is used up, and takes keys all the same', () => {
    const table = new KeyOffsetTable(200, 7)
    expect(table.isFull).toBe(false)
    for (let i = 0; i < 10; i++) table.put(recordOf(`key-${i}`, i))
    expect(table.isFull).toBe(true)
    expect(table.newestOffset(recordOf('key-9', 0))).toBe(9)
  })
})
