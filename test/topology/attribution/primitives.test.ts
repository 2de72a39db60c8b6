import { expect, test } from 'vitest'
import { mergerOf, PRIMITIVES } from '../../../topology/attribution/primitives.ts'
import type { Vocabulary } from '../../../topology/attribution/vocabulary.ts'
import { primitiveWords, valueWords } from '../../../topology/attribution/vocabulary.ts'

test('numeric and hash primitives have mergers of their own, all others and unknown names merge as categories', () => {
  expect(mergerOf('toolchain.c2.beacon_interval_ms')).toBe('numeric')
  expect(mergerOf('motor.digraph_simhash')).toBe('hash')
  expect(mergerOf('toolchain.ssh.hassh_client')).toBe('hash')
  expect(mergerOf('environmental.locale')).toBe('categorical')
  expect(mergerOf('toolchain.ssh.kex_algorithm_order')).toBe('categorical')
  expect(mergerOf('motor.input_modality')).toBe('categorical')
  expect(mergerOf('nobody.knows')).toBe('categorical')
})

test('the table has the 38 of a session, the 8 across sessions and 5 of the toolchain', () => {
  const names = [...PRIMITIVES.keys()]
  expect(names.filter((name) => name.startsWith('toolchain.'))).toHaveLength(5)
  expect(names).toHaveLength(38 + 8 + 5)
  expect(PRIMITIVES.get('motor.keystroke_cadence')).toEqual({
    name: 'motor.keystroke_cadence',
    kind: 'categorical',
    values: ['machine', 'steady', 'bursty', 'hunt_and_peck'],
  })
})

test('every listed name and value has a word', () => {
  for (const [name, { values }] of PRIMITIVES) {
    expect(primitiveWords.codeOf(name)).toBeGreaterThanOrEqual(0)
    for (const value of values) expect(valueWords.codeOf(value)).toBeGreaterThanOrEqual(0)
  }
  // One byte a word: tags 16 to 255.
  expect(valueWords.size).toBeLessThanOrEqual(240)
})

/** FNV-1a of the first words, in order: kept state depends on it. */
function fingerprint(words: Vocabulary, length: number): string {
  let hash = 0x811c9dc5
  for (let code = 0; code < length; code++) {
    for (const byte of Buffer.from(`${words.wordOf(code)}\n`)) {
      hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
    }
  }
  return hash.toString(16)
}

test('the words that state was written with keep their numbers', () => {
  expect(fingerprint(primitiveWords, 51)).toMatchInlineSnapshot(`"13b1982f"`)
  expect(fingerprint(valueWords, 99)).toMatchInlineSnapshot(`"63749d1c"`)
})
