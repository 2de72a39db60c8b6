import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { announce, type Announcement } from '../../../topology/identity/announcement.ts'
import { IncrementalClusterer } from '../../../topology/identity/incremental-clusterer.ts'
import type { HardFeatures } from '../../../topology/identity/features.ts'
import { identifyStoresInMemory } from './identify-stores-in-memory.ts'

interface Told {
  readonly attacker: string
  readonly firstSeen: number
  readonly ja3: string | null
  readonly payload: string | null
}

const profile: fc.Arbitrary<Told> = fc.record({
  attacker: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'k'),
  firstSeen: fc.integer({ min: 1, max: 4 }),
  ja3: fc.constantFrom(null, null, 'j1', 'j2', 'j3'),
  payload: fc.constantFrom(null, null, 'p1', 'p2'),
})
const rounds = fc.array(fc.array(profile, { maxLength: 15 }), { maxLength: 4 })

function featuresOf({ ja3, payload }: Told): HardFeatures {
  const payloadHashes = new Set(payload === null ? [] : [payload])
  return { ja3, hassh: null, payloadHashes, c2Endpoints: new Set() }
}

/** What is told of each kind, whatever the order. */
function tally(parts: readonly Announcement[]) {
  const all = (kind: 'formed' | 'linked' | 'links' | 'merged' | 'unmerged') =>
    parts
      .flatMap((part): readonly unknown[] => part[kind])
      .map((each) => JSON.stringify(each))
      .sort()
  return {
    formed: all('formed'),
    linked: all('linked'),
    merged: all('merged'),
    unmerged: all('unmerged'),
    links: all('links'),
    touched: parts.flatMap(({ touched }) => touched).sort(),
  }
}

test('announcements in parts tell together what one of everything tells', () => {
  fc.assert(
    fc.property(rounds, fc.constantFrom(1, 2, 4), (history, attackersMax) => {
      const [whole, divided] = [identifyStoresInMemory(), identifyStoresInMemory()]
      for (const profiles of history) {
        for (const stores of [whole, divided]) {
          const clusterer = new IncrementalClusterer(stores, 100)
          for (const each of profiles) {
            clusterer.apply(each.attacker, each.firstSeen, featuresOf(each))
            stores.pending.put(`pt${each.attacker}`, '')
          }
        }
        const parts: Announcement[] = []
        do parts.push(announce(divided, attackersMax))
        while (parts.at(-1)!.left > 0)
        expect(tally(parts)).toEqual(tally([announce(whole)]))
        expect(divided.pending.entries()).toEqual([])
      }
    }),
    { numRuns: 500 },
  )
})

test('of many attackers alone a part tells as many as it may, oldest first', () => {
  const stores = identifyStoresInMemory()
  const clusterer = new IncrementalClusterer(stores, 100)
  for (const [i, attacker] of ['d', 'c', 'b', 'a'].entries()) {
    const alone = featuresOf({ attacker, firstSeen: i, ja3: `j${attacker}`, payload: null })
    clusterer.apply(attacker, i, alone)
  }
  const { formed, left } = announce(stores, 3)
  expect(formed.map(({ identity }) => identity)).toEqual(['d', 'c', 'b'].map(stubIdentity))
  expect(left).toBe(1)
})
