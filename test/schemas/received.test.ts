import { expect, test } from 'vitest'
import { received } from '../../schemas/received.ts'

test.each<[unknown, string]>([
  ['text', '"text"'],
  ['a\n\u001b[31m', '"a\\n\\u001b[31m"'],
  ['\u202eevil\u0085', '"\\u202eevil\\u0085"'],
  ['\ud800', '"\\ud800"'],
  [undefined, 'nothing'],
  [null, 'null'],
  [1.5, '1.5'],
  [false, 'false'],
  [[1, 2], 'a list of 2'],
  [{ toString: 1 }, 'an object'],
  [() => 1, 'a function'],
])('says in a line: %j', (value, said) => {
  expect(received(value)).toBe(said)
})

test('shortens long text and says how long it was', () => {
  expect(received('x'.repeat(1_000_000))).toBe(`"${'x'.repeat(80)}"… (1000000 characters)`)
})

test('says numbers that JSON cannot', () => {
  expect(received(10n)).toBe('10')
  expect(received(NaN)).toBe('NaN')
})
