import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldIdentities } from '../../api/identity-listing.ts'
import { LISTED_MAX, Listings } from '../../api/listings.ts'
import { identityMembersStore } from '../../state/attribution-rows.ts'
import { identitiesStore } from '../../state/identity-rows.ts'
import { identityRow } from '../support/cluster-rows.ts'
import { MemoryQuery } from '../support/memory-query.ts'

type Member = readonly [identity: number, attacker: number, firstSeen: number, updatedTs: number]

function queryOf(members: readonly Member[]): MemoryQuery {
  const query = new MemoryQuery()
  const rows = query.store(identityMembersStore)
  for (const [identity, attacker, firstSeen, updatedTs] of members) {
    rows.set(`i${identity}\0a${attacker}`, { firstSeen, updatedTs })
  }
  return query
}

function listingsOf(query: MemoryQuery, clock = () => 0) {
  return new Listings((bounds) => foldIdentities(query, bounds), clock)
}

/** The same list, made as plainly as possible. */
function plainList(members: readonly Member[]) {
  const unique = new Map(members.map((member) => [`${member[0]} ${member[1]}`, member]))
  const identities = new Map<string, Member[]>()
  for (const member of unique.values()) {
    const identity = `i${member[0]}`
    identities.set(identity, [...(identities.get(identity) ?? []), member])
  }
  return [...identities]
    .map(([identity, own]) => ({
      id: identity,
      firstSeen: Math.min(...own.map(([, , firstSeen]) => firstSeen)),
      updatedTs: Math.max(...own.map(([, , , updatedTs]) => updatedTs)),
      attackers: own.length,
      isClustered: false,
    }))
    .sort((a, b) => b.updatedTs - a.updatedTs || (a.id < b.id ? -1 : 1))
}

test('is what a plain fold of the members gives', async () => {
  const member = fc.tuple(fc.nat(20), fc.nat(10), fc.nat(9), fc.nat(9))
  await fc.assert(
    fc.asyncProperty(fc.array(member), async (members) => {
      const { total, newest } = await listingsOf(queryOf(members)).current()
      const expected = plainList(members)
      expect([total, newest]).toEqual([expected.length, expected])
    }),
  )
})

test('keeps the newest of very many, and counts all', async () => {
  const members = Array.from({ length: 30_000 }, (_, i): Member => [i, 0, 0, (i * 7919) % 30_000])
  const { total, newest } = await listingsOf(queryOf(members)).current()
  expect([total, newest.length]).toEqual([30_000, LISTED_MAX])
  expect(newest).toEqual(plainList(members).slice(0, LISTED_MAX))
})

test('those who ask at once share one fold; the next to ask gets a new one', async () => {
  const query = queryOf([[1, 1, 1, 1]])
  const listings = listingsOf(query)
  const [a, b] = await Promise.all([listings.current(), listings.current()])
  expect(a).toBe(b)
  expect(query.scans).toBe(1)
  query.store(identityMembersStore).set('i2\0a', { firstSeen: 1, updatedTs: 9 })
  expect((await listings.current()).total).toBe(2)
})

test('a costly list is served again for ten times what it cost, then made anew', async () => {
  const query = queryOf([[1, 1, 1, 1]])
  let nowMs = 1000
  const scan = query.scan.bind(query)
  query.scan = (...args: Parameters<typeof scan>) => {
    nowMs += 100
    return scan(...args)
  }
  const listings = listingsOf(query, () => nowMs)
  const first = await listings.current()
  expect(first.positions).toMatchObject([{ stalenessMs: 0 }])
  nowMs = 1000 + 1099
  const again = await listings.current()
  expect([query.scans, again.newest]).toEqual([1, first.newest])
  expect(again.positions).toMatchObject([{ stalenessMs: 1099 }])
  nowMs = 1000 + 1100
  expect((await listings.current()).positions).toMatchObject([{ stalenessMs: 0 }])
  expect(query.scans).toBe(2)
})

test('with bounds a costly list is made anew or refused until it may be', async () => {
  const query = queryOf([[1, 1, 1, 1]])
  let nowMs = 1000
  const scan = query.scan.bind(query)
  query.scan = (...args: Parameters<typeof scan>) => {
    nowMs += 100
    return scan(...args)
  }
  const listings = listingsOf(query, () => nowMs)
  const lagMax = 5
  expect((await listings.current({ lagMax })).total).toBe(1)
  expect(query.bounds).toEqual({ lagMax })
  nowMs = 1000 + 1000
  await expect(listings.current({ lagMax })).rejects.toMatchObject({ retryAfterMs: 100 })
  expect((await listings.current()).total).toBe(1)
  nowMs = 1000 + 1100
  expect((await listings.current({ lagMax })).total).toBe(1)
})

test('a fold that fails is forgotten', async () => {
  const query = queryOf([[1, 1, 1, 1]])
  query.notReady.add(identityMembersStore)
  const listings = listingsOf(query)
  await expect(listings.current()).rejects.toThrow(/restores/)
  query.notReady.clear()
  expect((await listings.current()).total).toBe(1)
})

test('beside what the clusterer has it hides the merged, and shows who has no member yet', async () => {
  const clustered = fc.record({
    identity: fc.nat(20),
    attackers: fc.nat(5),
    firstSeen: fc.nat(9),
    updatedTs: fc.nat(9),
    mergedInto: fc.constantFrom(null, 'i3'),
  })
  const member = fc.tuple(fc.nat(20), fc.nat(10), fc.nat(9), fc.nat(9))
  await fc.assert(
    fc.asyncProperty(fc.array(member), fc.array(clustered), async (members, rows) => {
      const query = queryOf(members)
      const store = query.store(identitiesStore)
      for (const { identity, ...row } of rows) store.set(`i${identity}`, identityRow(row))
      const { total, newest } = await listingsOf(query).current()
      const known = new Map(plainList(members).map((each) => [each.id, each]))
      const own = new Map(rows.map((row) => [`i${row.identity}`, row]))
      for (const [id, { attackers, firstSeen, mergedInto, updatedTs }] of own) {
        const { firstSeen: first = Infinity, updatedTs: last = 0 } = known.get(id) ?? {}
        known.delete(id)
        if (mergedInto !== null) continue
        const times = {
          firstSeen: Math.min(first, firstSeen),
          updatedTs: Math.max(last, updatedTs),
        }
        known.set(id, { id, ...times, attackers, isClustered: true })
      }
      const expected = [...known.values()].sort(
        (a, b) => b.updatedTs - a.updatedTs || (a.id < b.id ? -1 : 1),
      )
      expect([total, newest]).toEqual([expected.length, expected])
    }),
  )
})

test('walks both stores through many pages', async () => {
  const members = Array.from({ length: 9_000 }, (_, i): Member => [i >> 1, i, 1, i])
  const query = queryOf(members)
  for (let i = 0; i < 9_000; i++) {
    const mergedInto = i % 3 === 0 ? 'i1' : null
    query.store(identitiesStore).set(`i${i}`, identityRow({ mergedInto }))
  }
  const { total } = await listingsOf(query).current()
  expect(total).toBe(6_000)
  expect(query.scans).toBe(6)
})
