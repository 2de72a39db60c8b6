import { expect, test } from 'vitest'
import { intersects, jaccard } from '../../../topology/clustering/jaccard.ts'

const set = (text: string) => new Set(text)

test.each([
  ['', '', 0],
  ['ab', '', 0],
  ['', 'ab', 0],
  ['ab', 'cd', 0],
  ['ab', 'bc', 1 / 3],
  ['ab', 'ab', 1],
  ['abcd', 'a', 1 / 4],
])('Jaccard of {%s} and {%s} is %d', (a, b, expected) => {
  expect(jaccard(set(a), set(b))).toBe(expected)
  expect(intersects(set(a), set(b))).toBe(expected > 0)
})
