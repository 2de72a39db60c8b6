import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Components } from '../../../topology/clustering/components.ts'
import { nothingIsGeneric } from '../../../topology/identity/evidence.ts'
import type { HardFeatures } from '../../../topology/identity/features.ts'
import { partition } from '../../../topology/identity/partition.ts'
import { isEdge } from '../../../topology/identity/weight.ts'

const values = (...items: string[]) =>
  fc.subarray(items, { maxLength: 2 }).map((some): ReadonlySet<string> => new Set(some))

const features: fc.Arbitrary<HardFeatures> = fc.record({
  ja3: fc.constantFrom(null, null, '', 'j1', 'j2', 'j3'),
  hassh: fc.constantFrom(null, null, '', 'h1', 'h2', 'h3'),
  payloadHashes: values('p1', 'p2', 'p3', 'p4'),
  c2Endpoints: values('p1', 'c1', 'c2', 'c3'),
})

test('the partition is that of the edges between all pairs', () => {
  fc.assert(
    fc.property(fc.array(features, { maxLength: 12 }), (members) => {
      const components = new Components(members.length)
      for (const [i, a] of members.entries()) {
        for (const [j, b] of members.entries()) if (isEdge(a, b)) components.join(i, j)
      }
      expect(partition(members, nothingIsGeneric)).toEqual(components.groups())
    }),
    { numRuns: 2_000 },
  )
})

test('a payload with the name of an endpoint joins nobody', () => {
  const nothing = {
    ja3: null,
    hassh: null,
    payloadHashes: new Set<string>(),
    c2Endpoints: new Set<string>(),
  }
  const payload = { ...nothing, payloadHashes: new Set(['x']) }
  const endpoint = { ...nothing, c2Endpoints: new Set(['x']) }
  expect(partition([payload, endpoint], nothingIsGeneric)).toEqual([[0], [1]])
})
