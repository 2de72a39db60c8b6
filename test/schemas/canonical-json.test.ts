import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byCodePoint, canonicalJson, structuredValue } from '../../schemas/canonical-json.ts'

const canonical = (value: unknown): string => canonicalJson(value, 'value', 16)

/** Code points, compared one by one. */
function oracle(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)].map((t) => t.map((c) => c.codePointAt(0)!))
  for (let i = 0; i < Math.min(x!.length, y!.length); i++) {
    if (x![i] !== y![i]) return x![i]! - y![i]!
  }
  return x!.length - y!.length
}

describe('canonical JSON', () => {
  test.each<[string, unknown, string]>([
    [
      'sorts keys at every level',
      { b: { d: 1, c: 2 }, a: [{ z: 0, y: 0 }] },
      '{"a":[{"y":0,"z":0}],"b":{"c":2,"d":1}}',
    ],
    ['sorts numeric keys as text', { 9: 1, 10: 2, a: 3 }, '{"10":2,"9":1,"a":3}'],
    ['sorts by code point, not by UTF-16 unit', { '🙂': 1, '\uffff': 2 }, '{"\uffff":2,"🙂":1}'],
    ['keeps the order of lists', [3, 1, 2], '[3,1,2]'],
    ['prints 1.0 as 1 and -0 as 0', [1.0, -0, 1e21, 0.1], '[1,0,1e+21,0.1]'],
    [
      'escapes what JSON must escape',
      ['"', '\\', '\n', '\u0001'],
      '["\\"","\\\\","\\n","\\u0001"]',
    ],
    ['keeps the rest as it is', ['é', '\u2028', '/'], '["é","\u2028","/"]'],
    ['keeps null and booleans', { a: null, b: true, c: false }, '{"a":null,"b":true,"c":false}'],
  ])('%s', (_, value, text) => {
    expect(canonical(value)).toBe(text)
  })

  test('is the same text for the same value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 })),
        (object) => {
          const reversed = Object.fromEntries(Object.entries(object).reverse())
          const text = canonical(object)
          expect(canonical(reversed)).toBe(text)
          expect(canonical(JSON.parse(text))).toBe(text)
          expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(object)))
        },
      ),
    )
  })

  test('refuses what has no JSON', () => {
    for (const value of [undefined, Symbol('x'), 1n, () => 1, NaN, Infinity]) {
      expect(() => canonical([value])).toThrow(/expected a/)
    }
  })
})

test('byCodePoint orders as code points do', () => {
  const unit = fc.constantFrom('a', '\ud7ff', '\ue000', '\uffff', '🙂', '\u{10ffff}', '\u{10000}')
  const text = fc.string({ unit, maxLength: 4 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(byCodePoint(a, b))).toBe(Math.sign(oracle(a, b)))
    }),
  )
})

test('a list within a list or a wide one is no observed value', () => {
  expect(() => structuredValue([['a']], 'value')).toThrow(
    'field value[0]: expected a number or text',
  )
  expect(() => structuredValue(Array(5_000).fill(1), 'value')).toThrow('at most 8192 bytes')
})
