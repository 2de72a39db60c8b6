import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chainBetween } from '../../../runtime/explain/chain.ts'
import type { HardFeatures } from '../../../topology/identity/features.ts'
import { partition } from '../../../topology/identity/partition.ts'
import { joiningEvidence } from '../../../topology/identity/shared-evidence.ts'

const values = (...items: string[]) =>
  fc.subarray(items, { maxLength: 2 }).map((some): ReadonlySet<string> => new Set(some))

const features: fc.Arbitrary<HardFeatures> = fc.record({
  ja3: fc.constantFrom(null, null, 'j1', 'j2', 'j3'),
  hassh: fc.constantFrom(null, null, 'h1', 'h2', 'h3'),
  payloadHashes: values('p1', 'p2', 'p3', 'p4'),
  c2Endpoints: values('c1', 'c2', 'c3'),
})

test('a chain leads from one to the other by edges, exactly when they are one', () => {
  fc.assert(
    fc.property(
      fc.array(features, { minLength: 2, maxLength: 12 }),
      fc.subarray(['j1', 'h1', 'p1', 'c1']),
      (members, names) => {
        const isGeneric = ({ value }: { value: string }) => names.includes(value)
        const chain = chainBetween(members, 0, 1, isGeneric)
        const group = partition(members, isGeneric).find((places) => places.includes(0))!
        expect(chain !== null).toBe(group.includes(1))
        if (chain === null) return
        expect([chain[0], chain.at(-1)]).toEqual([0, 1])
        expect(new Set(chain).size).toBe(chain.length)
        for (let i = 1; i < chain.length; i++) {
          const by = joiningEvidence(members[chain[i - 1]!]!, members[chain[i]!]!, isGeneric)
          expect(by.length).toBeGreaterThan(0)
        }
      },
    ),
    { numRuns: 2_000 },
  )
})
