import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  attackerOf,
  evidenceOfRowKey,
  evidenceRowKey,
  postingGroup,
} from '../../../topology/identity/cluster-keys.ts'
import type { Evidence } from '../../../topology/identity/evidence.ts'
import { identityPostingsStore } from '../../../topology/identity/identify-stores.ts'

const hostile = fc.oneof(
  fc.string({ unit: fc.constantFrom('\0', '\u0001', '\u0002', 'a', 'ß') }),
  fc.string({ unit: 'grapheme' }),
)
const evidence = fc.record({
  kind: fc.constantFrom<Evidence['kind']>('j', 'h', 'p', 'c'),
  value: hostile,
})

test('a value comes back from its key, whatever bytes it has', () => {
  fc.assert(
    fc.property(evidence, (each) => {
      expect(evidenceOfRowKey(evidenceRowKey(each))).toEqual(each)
    }),
  )
})

test("no posting list reaches into another's", () => {
  fc.assert(
    fc.property(evidence, evidence, (a, b) => {
      const key = `${postingGroup(a)}attacker`
      expect(identityPostingsStore.groupOf?.(key)).toBe(postingGroup(a))
      expect(attackerOf(key)).toBe('attacker')
      const isSame = a.kind === b.kind && a.value === b.value
      expect(key.startsWith(postingGroup(b))).toBe(isSame)
    }),
  )
})
