import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byCodePoint } from '../../../schemas/canonical-json.ts'
import { grownTexts, takenTexts, TEXT_BYTES_MAX } from '../../../topology/identity/taken-texts.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.integer({ min: 0, max: TEXT_BYTES_MAX + 1 }).map((length) => 'x'.repeat(length)),
)
const texts = fc.array(text, { maxLength: 12 })
const bounds = fc.record({
  itemsMax: fc.integer({ min: 1, max: 12 }),
  bytesMax: fc.integer({ min: 1, max: 4 * TEXT_BYTES_MAX }),
})
const met = { grown: 0, unknown: 0 }

test('a list that grew is that taken of everything, or is not known', () => {
  fc.assert(
    fc.property(texts, texts, bounds, (before, more, within) => {
      const taken = takenTexts(before, within).toSorted(byCodePoint)
      const grown = grownTexts(taken, more, within)
      met[grown === null ? 'unknown' : 'grown']++
      const all = takenTexts([...before, ...more], within).toSorted(byCodePoint)
      if (grown !== null) expect(grown).toEqual(all)
    }),
    { numRuns: 2_000 },
  )
  expect(Math.min(met.grown, met.unknown)).toBeGreaterThan(100)
})

test('with nothing new the list itself is given', () => {
  const taken = ['a', 'b']
  expect(grownTexts(taken, ['b', 'a', 'x'.repeat(2_000)], { itemsMax: 2, bytesMax: 2 })).toBe(taken)
})

test('what was left out may have room when there is more of less', () => {
  const within = { itemsMax: 9, bytesMax: 1_000 }
  const taken = takenTexts(['a', 'b'.repeat(999)], within)
  expect(taken).toEqual(['a'].concat('b'.repeat(999)))
  const cut = takenTexts(['a', 'b'.repeat(1_000)], within)
  expect(cut).toEqual(['a'])
  expect(grownTexts(cut, ['c'], within)).toBe(null)
})
