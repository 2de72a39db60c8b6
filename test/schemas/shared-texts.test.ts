import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SharedTexts } from '../../schemas/shared-texts.ts'

test('gives the text of the bytes, whatever came before', () => {
  const texts = new SharedTexts()
  // Few letters and lengths, so that many share a slot of the table.
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '🙂'), maxLength: 40 })
  fc.assert(
    fc.property(fc.array(text), (given) => {
      for (const expected of [...given, ...given]) {
        const bytes = Buffer.from(`<${expected}>`)
        expect(texts.get(bytes, 1, bytes.length - 2)).toBe(expected)
      }
    }),
  )
})

test('keeps bytes of its own', () => {
  const texts = new SharedTexts()
  const bytes = Buffer.from('motor.keystroke_cadence')
  texts.get(bytes, 0, bytes.length)
  bytes.fill('x')
  expect(texts.get(bytes, 0, bytes.length)).toBe('x'.repeat(bytes.length))
})
