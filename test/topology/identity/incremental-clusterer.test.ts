import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { announce, type Announcement } from '../../../topology/identity/announcement.ts'
import type { HardFeatures } from '../../../topology/identity/features.ts'
import { IncrementalClusterer } from '../../../topology/identity/incremental-clusterer.ts'
import { identifyStoresInMemory } from './identify-stores-in-memory.ts'
import { GenericModel, type ModelProfile, rootsFromScratch } from './partition-model.ts'

const profile: fc.Arbitrary<ModelProfile> = fc.record({
  attacker: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'),
  firstSeen: fc.constantFrom(1, 1, 1, 2, 3),
  ja3: fc.constantFrom(null, null, 'j1', 'j2', ''),
  hassh: fc.constantFrom(null, null, 'h1', 'h2'),
  payloadHashes: fc.uniqueArray(fc.constantFrom('p1', 'p2', 'p\0'), { maxLength: 2 }).map(setOf),
  c2Endpoints: fc.uniqueArray(fc.constantFrom('c1', 'c2'), { maxLength: 1 }).map(setOf),
})

const step = fc.oneof(
  { weight: 4, arbitrary: profile },
  { weight: 1, arbitrary: fc.constant('announce' as const) },
)

const limit = fc.constantFrom(Infinity, 2, 3, 4)

function setOf(values: readonly string[]): ReadonlySet<string> {
  return new Set(values)
}

/** What a reader of the announcements knows. */
class Reader {
  readonly roots = new Map<string, string>()
  readonly identities = new Set<string>()

  read({ formed, links, merged, unmerged }: Announcement): void {
    for (const { attackers, identity } of formed) {
      expect(this.identities.has(identity)).toBe(false)
      this.identities.add(identity)
      for (const attacker of attackers) this.roots.set(attacker, identity)
    }
    for (const { loser } of merged) expect(this.identities.delete(loser)).toBe(true)
    for (const { resurrected } of unmerged) this.identities.add(resurrected)
    for (const { attacker_uuid: attacker, root_uuid: root } of links) this.roots.set(attacker, root)
  }
}

/** Each member under its root; how many there are at the root itself. */
function componentRows(roots: Record<string, string>): Record<string, number> {
  const members = Object.entries(roots)
  const rows = members.map(([attacker, root]) => {
    const size = members.filter(([, other]) => other === root).length
    return [`${root}\0${attacker}`, attacker === root ? size : 0] as const
  })
  return Object.fromEntries(rows)
}

test('after any history of profiles the roots are those of a pass from scratch', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), limit, (steps, genericLimit) => {
      const stores = identifyStoresInMemory()
      const clusterer = new IncrementalClusterer(stores, genericLimit)
      const profiles = new Map<string, ModelProfile>()
      const generic = new GenericModel(genericLimit)
      const reader = new Reader()
      for (const each of [...steps, 'announce' as const]) {
        if (each === 'announce') {
          reader.read(announce(stores))
          const roots = stores.attackers.entries().map(([attacker, { root }]) => [attacker, root])
          const told = roots.map(([attacker, root]) => [attacker, stubIdentity(root!)])
          expect([...reader.roots].sort()).toEqual(told)
          expect([...reader.identities].sort()).toEqual([...new Set(reader.roots.values())].sort())
          continue
        }
        clusterer.apply(each.attacker, each.firstSeen, each)
        profiles.set(each.attacker, each)
        generic.see(profiles.values())
        const roots = stores.attackers.entries().map(([attacker, { root }]) => [attacker, root])
        const expected = rootsFromScratch([...profiles.values()], generic.isGeneric)
        expect(Object.fromEntries(roots)).toEqual(expected)
        expect(Object.fromEntries(stores.components.entries())).toEqual(componentRows(expected))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('stores hold what the profiles say, no matter how they came about', () => {
  fc.assert(
    fc.property(fc.array(profile, { maxLength: 30 }), (history) => {
      const latest = new Map(history.map((each) => [each.attacker, each]))
      const [grown, direct] = [history, [...latest.values()]].map((profiles) => {
        const stores = identifyStoresInMemory()
        const clusterer = new IncrementalClusterer(stores, Infinity)
        for (const each of profiles) clusterer.apply(each.attacker, each.firstSeen, each)
        announce(stores)
        const heads = stores.evidence.entries().map(([key, { holders }]) => [key, holders])
        const rest = [stores.attackers, stores.postings, stores.components, stores.pending]
        return { heads, rest: rest.map((store) => store.entries()) }
      })
      expect(grown).toEqual(direct)
    }),
  )
})

function lone(changes: Partial<HardFeatures>): HardFeatures {
  return { ja3: null, hassh: null, payloadHashes: new Set(), c2Endpoints: new Set(), ...changes }
}

function rootsOf(stores: ReturnType<typeof identifyStoresInMemory>): string[] {
  return [...new Set(stores.attackers.entries().map(([, { root }]) => root))].sort()
}

test('a value shared by more than the limit is generic: its edges dissolve, as un-merges', () => {
  const stores = identifyStoresInMemory()
  const clusterer = new IncrementalClusterer(stores, 4)
  for (const attacker of ['a', 'b', 'c', 'd']) clusterer.apply(attacker, 1, lone({ hassh: 'go' }))
  expect(announce(stores).formed).toEqual([
    { identity: stubIdentity('a'), attackers: ['a', 'b', 'c', 'd'] },
  ])
  clusterer.apply('e', 1, lone({ hassh: 'go' }))
  const { formed, generic, links, unmerged } = announce(stores)
  expect(rootsOf(stores)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(generic).toEqual([{ evidence: { kind: 'h', value: 'go' }, isGeneric: true, holders: 5 }])
  expect(formed).toEqual([{ identity: stubIdentity('e'), attackers: ['e'] }])
  expect(unmerged.map(({ resurrected }) => resurrected)).toEqual(['b', 'c', 'd'].map(stubIdentity))
  expect(links.map(({ cause }) => cause)).toEqual(['unmerge', 'unmerge', 'unmerge'])
})

test('a generic value is specific again below half the limit, not before', () => {
  const stores = identifyStoresInMemory()
  const clusterer = new IncrementalClusterer(stores, 4)
  for (const attacker of 'abcde') clusterer.apply(attacker, 1, lone({ hassh: 'go' }))
  for (const attacker of 'edc') clusterer.apply(attacker, 1, lone({}))
  expect(rootsOf(stores)).toHaveLength(5)
  clusterer.apply('c', 1, lone({ hassh: 'go' }))
  expect(rootsOf(stores)).toHaveLength(5)
  for (const attacker of 'cb') clusterer.apply(attacker, 1, lone({}))
  clusterer.apply('f', 1, lone({ hassh: 'go' }))
  expect(rootsOf(stores)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(stores.attackers.get('f')?.root).toBe('a')
})

test('with a higher limit a generic value joins its holders when one more comes', () => {
  const stores = identifyStoresInMemory()
  const before = new IncrementalClusterer(stores, 2)
  for (const attacker of 'abc') before.apply(attacker, 1, lone({ hassh: 'go' }))
  announce(stores)
  const after = new IncrementalClusterer(stores, 10)
  after.apply('d', 1, lone({ hassh: 'go' }))
  expect(rootsOf(stores)).toEqual(['a'])
  expect(announce(stores).generic).toMatchObject([{ isGeneric: false, holders: 4 }])
  after.apply('e', 1, lone({ hassh: 'go' }))
  expect(rootsOf(stores)).toEqual(['a'])
})

test('with a lower limit a value dissolves its edges when one of many holders goes', () => {
  const stores = identifyStoresInMemory()
  const before = new IncrementalClusterer(stores, 10)
  for (const attacker of 'abcd') before.apply(attacker, 1, lone({ hassh: 'go' }))
  announce(stores)
  new IncrementalClusterer(stores, 2).apply('d', 1, lone({}))
  expect(rootsOf(stores)).toEqual(['a', 'b', 'c', 'd'])
  expect(announce(stores).generic).toMatchObject([{ isGeneric: true, holders: 3 }])
})

test('who agrees in a generic fingerprint is not vetoed: a shared payload still joins', () => {
  const stores = identifyStoresInMemory()
  const clusterer = new IncrementalClusterer(stores, 2)
  const payloadHashes = new Set(['p'])
  for (const attacker of 'abc') clusterer.apply(attacker, 1, lone({ hassh: 'go' }))
  clusterer.apply('b', 1, lone({ hassh: 'go', payloadHashes }))
  clusterer.apply('c', 1, lone({ hassh: 'go', payloadHashes }))
  expect(rootsOf(stores)).toEqual(['a', 'b'])
})

test('a hub and its rotating members cost the same however many there are', () => {
  const costs = [1_000, 4_000].map((size) => {
    const stores = identifyStoresInMemory()
    const clusterer = new IncrementalClusterer(stores, 50)
    for (let i = 0; i < size; i++) {
      clusterer.apply(`a${i}`, i, lone({ hassh: 'go', ja3: `j${i % (size / 4)}` }))
      clusterer.apply(`a${i}`, i, lone({ hassh: 'go', ja3: `k${i % (size / 4)}` }))
    }
    return (stores.postings.rowsListed + stores.components.rowsListed) / size
  })
  expect(costs[1]).toBeLessThan(costs[0]! * 1.2)
})

test('payloads and endpoints beyond what is taken are left out, and counted', () => {
  const stores = identifyStoresInMemory()
  const clusterer = new IncrementalClusterer(stores, 50)
  const many = Array.from({ length: 10_000 }, (_, i) => String(i))
  const applied = clusterer.apply('a', 1, lone({ payloadHashes: new Set(many) }))
  expect(applied.valuesLeftOut).toBe(8_976)
  expect(stores.postings.entries()).toHaveLength(1_024)
  const reversed = clusterer.apply('a', 1, lone({ payloadHashes: new Set(many.toReversed()) }))
  expect(reversed).toEqual({ ...applied, isNews: false })
  expect(stores.postings.entries()).toHaveLength(1_024)
})
