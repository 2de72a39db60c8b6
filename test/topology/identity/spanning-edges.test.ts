import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Components } from '../../../topology/clustering/components.ts'
import { credentialKey, credentialOfKey } from '../../../topology/identity/features.ts'
import type { HardFeatures } from '../../../topology/identity/features.ts'
import { partition } from '../../../topology/identity/partition.ts'
import { joiningEvidence, sharedEvidence } from '../../../topology/identity/shared-evidence.ts'
import { joinEdges, spanningForest } from '../../../topology/identity/spanning-edges.ts'
import { isEdge } from '../../../topology/identity/weight.ts'

const values = (...items: string[]) =>
  fc.subarray(items, { maxLength: 2 }).map((some): ReadonlySet<string> => new Set(some))

const features: fc.Arbitrary<HardFeatures> = fc.record({
  ja3: fc.constantFrom(null, null, '', 'j1', 'j2', 'j3'),
  hassh: fc.constantFrom(null, null, '', 'h1', 'h2', 'h3'),
  payloadHashes: values('p1', 'p2', 'p3', 'p4'),
  c2Endpoints: values('p1', 'c1', 'c2', 'c3'),
})

const members = fc.array(features, { maxLength: 12 })
const generic = fc.subarray(['j1', 'j2', 'h1', 'p1', 'c1', ''])

test('every edge that is named joins a pair directly, by what is said', () => {
  fc.assert(
    fc.property(members, generic, (some, names) => {
      const isGeneric = ({ value }: { value: string }) => names.includes(value)
      joinEdges(some, isGeneric, (a, b, by) => {
        expect(joiningEvidence(some[a]!, some[b]!, isGeneric)).toContainEqual(by)
      })
    }),
    { numRuns: 2_000 },
  )
})

test('a spanning forest is as few edges as hold every component together', () => {
  fc.assert(
    fc.property(members, generic, (some, names) => {
      const isGeneric = ({ value }: { value: string }) => names.includes(value)
      const edges = spanningForest(some, isGeneric)
      const components = new Components(some.length)
      for (const { a, b } of edges) components.join(a, b)
      const groups = components.groups()
      expect(groups).toEqual(partition(some, isGeneric))
      expect(edges).toHaveLength(some.length - groups.length)
    }),
    { numRuns: 2_000 },
  )
})

test('two are joined by something, or are no edge', () => {
  fc.assert(
    fc.property(features, features, (a, b) => {
      expect(joiningEvidence(a, b, () => false).length > 0).toBe(isEdge(a, b))
      const shared = sharedEvidence(a, b)
      const mirrored = sharedEvidence(b, a)
      expect(new Set(shared.map((each) => each.kind + each.value))).toEqual(
        new Set(mirrored.map((each) => each.kind + each.value)),
      )
    }),
  )
})

test('the key of a credential tells the pair', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('', '1:', ':', '3:a', '\ud83d\ude00'))
  fc.assert(
    fc.property(text, text, (user, password) => {
      expect(credentialOfKey(credentialKey(user, password))).toEqual({ user, password })
    }),
  )
  for (const key of ['', 'x', ':a', '9:a']) expect(() => credentialOfKey(key)).toThrow(RangeError)
})
