import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonDepth } from '../../schemas/json-depth.ts'

function depthOf(text: string): number {
  const bytes = Buffer.from(`[[[${text}]]]`)
  return jsonDepth(bytes, 3, bytes.length - 3)
}

/** Levels of a parsed value. */
function levels(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(levels))
}

test.each([
  ['1', 0],
  ['{}', 1],
  ['[[],[[]]]', 3],
  ['{"a":[{"b":{}}]}', 4],
  ['"[[["', 0],
  ['["\\"[["]', 1],
  ['["\\\\",[[]]]', 3],
  ['"', 0],
  ['"\\', 0],
  ['[[[[', 4],
])('%s is %d deep', (text, depth) => {
  expect(depthOf(text)).toBe(depth)
})

test('is as deep as the parsed text, whatever its strings', () => {
  const hostile = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', 'a', 'é') })
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      hostile,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(hostile, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value
  fc.assert(
    fc.property(json, (value) => {
      expect(depthOf(JSON.stringify(value))).toBe(levels(value))
    }),
  )
})
