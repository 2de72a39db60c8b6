import { expect, test } from 'vitest'
import { centroidOf, keystrokesOf } from '../../../topology/clustering/keystroke-counts.ts'

test.each([
  ['nothing', [], null],
  ['nothing valid', ['xyz', 7, null, '0123', ' 0123456789abcdef'], null],
  ['one hash, in lower case', ['00000000000000FF'], '00000000000000ff'],
  [
    'a bit that half of them have: not set',
    ['0000000000000003', '0000000000000001'],
    '0000000000000001',
  ],
  [
    'the highest bit',
    ['8000000000000000', '8000000000000000', '0000000000000001'],
    '8000000000000000',
  ],
])('the centre of %s', (_what, values, expected) => {
  expect(centroidOf(keystrokesOf(values))).toBe(expected)
})
