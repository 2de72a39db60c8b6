import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evidenceRowKey } from '../../../topology/identity/cluster-keys.ts'
import { evidenceOf } from '../../../topology/identity/evidence.ts'
import type { EvidenceHead } from '../../../topology/identity/evidence-head.ts'
import { clientClass, holderClass } from '../../../topology/identity/holder-class.ts'
import { IncrementalClusterer } from '../../../topology/identity/incremental-clusterer.ts'
import { identifyStoresInMemory } from './identify-stores-in-memory.ts'
import { GenericModel, type ModelProfile, rootsFromScratch } from './partition-model.ts'

/** What of a profile is another than before; the rest stays. */
type Change = Partial<Omit<ModelProfile, 'attacker'>>

const setsOf = (...values: readonly string[]) =>
  fc.subarray([...values]).map((some): ReadonlySet<string> => new Set(some))
const ja3 = fc.constantFrom(null, null, 'j1', 'j2', 'j3')
const hassh = fc.constantFrom(null, null, 'h1', 'h2', 'h3')

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ ja3 }),
  fc.record({ hassh }),
  fc.record({ ja3, hassh }),
  fc.record({ ja3, hassh }),
  fc.record({ payloadHashes: setsOf('p1', 'p2', 'p3') }),
  fc.record({ ja3, payloadHashes: setsOf('p1', 'p2', 'p3') }),
  fc.record({ c2Endpoints: setsOf('p1', 'c1') }),
  fc.record({ firstSeen: fc.constantFrom(1, 2) }),
)

const crowd = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j')
const beginning = fc.uniqueArray(
  fc.record({
    attacker: crowd,
    firstSeen: fc.constantFrom(1, 1, 2),
    ja3,
    hassh,
    payloadHashes: setsOf('p1', 'p2'),
    c2Endpoints: setsOf('c1'),
  }),
  { selector: ({ attacker }) => attacker, minLength: 5, maxLength: 10 },
)
const changes = fc.array(fc.tuple(crowd, change), { maxLength: 25, size: 'max' })
const limit = fc.constantFrom(Infinity, 2, 3, 4, 5)

/** Who holds each value, by class. */
function holdersByClass(profiles: readonly ModelProfile[]): Map<string, string[][]> {
  const holders = new Map<string, string[][]>()
  for (const each of profiles) {
    for (const evidence of evidenceOf(each)) {
      const key = evidenceRowKey(evidence)
      if (!holders.has(key)) holders.set(key, [[], [], [], []])
      holders.get(key)![holderClass(evidence, each)]!.push(each.attacker)
    }
  }
  return holders
}

/** Whether heads count just these holders, and name none but them. */
function areOf(
  heads: readonly (readonly [string, EvidenceHead])[],
  holders: Map<string, string[][]>,
) {
  if (heads.length !== holders.size) return false
  return heads.every(([key, head]) => {
    const classes = holders.get(key)
    if (head.holders !== classes?.flat().length) return false
    return head.classes.every(({ count, holder }, of) => {
      return count === classes[of]!.length && (holder === '' || classes[of]!.includes(holder))
    })
  })
}

function unknown(attacker: string): ModelProfile {
  const nothing: ReadonlySet<string> = new Set()
  const values = { payloadHashes: nothing, c2Endpoints: nothing }
  return { attacker, firstSeen: 1, ja3: null, hassh: null, ...values }
}

test('whatever becomes known of clients among the holders of a few values, roots and heads are those from scratch', () => {
  const reclassed = new Map<string, number>()
  fc.assert(
    fc.property(beginning, changes, limit, (first, then, genericLimit) => {
      const stores = identifyStoresInMemory()
      const clusterer = new IncrementalClusterer(stores, genericLimit)
      const generic = new GenericModel(genericLimit)
      const profiles = new Map<string, ModelProfile>()
      const apply = (profile: ModelProfile) => {
        clusterer.apply(profile.attacker, profile.firstSeen, profile)
        profiles.set(profile.attacker, profile)
        generic.see(profiles.values())
        const all = [...profiles.values()]
        const roots = stores.attackers.entries().map(([attacker, { root }]) => [attacker, root])
        expect(Object.fromEntries(roots)).toEqual(rootsFromScratch(all, generic.isGeneric))
        expect(areOf(stores.evidence.entries(), holdersByClass(all))).toBe(true)
      }
      for (const profile of first) apply(profile)
      for (const [attacker, some] of then) {
        const old = profiles.get(attacker) ?? unknown(attacker)
        const profile = { ...old, ...some }
        if (old.payloadHashes.size > 0) {
          const move = `${clientClass(old)} ${clientClass(profile)}`
          reclassed.set(move, (reclassed.get(move) ?? 0) + 1)
        }
        apply(profile)
      }
    }),
    { numRuns: 500 },
  )
  expect(reclassed.size).toBe(16)
  expect(Math.min(...reclassed.values())).toBeGreaterThan(15)
}, 60_000)
