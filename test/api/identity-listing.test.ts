import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdentityListings, LISTED_MAX } from '../../api/identity-listing.ts'
import { identityMembersStore } from '../../state/attribution-rows.ts'
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
      identity,
      firstSeen: Math.min(...own.map(([, , firstSeen]) => firstSeen)),
      updatedTs: Math.max(...own.map(([, , , updatedTs]) => updatedTs)),
      members: own.length,
    }))
    .sort((a, b) => b.updatedTs - a.updatedTs || (a.identity < b.identity ? -1 : 1))
}

test('is what a plain fold of the members gives', async () => {
  const member = fc.tuple(fc.nat(20), fc.nat(10), fc.nat(9), fc.nat(9))
  await fc.assert(
    fc.asyncProperty(fc.array(member), async (members) => {
      const { total, newest } = await new IdentityListings(queryOf(members), () => 0).current()
      const expected = plainList(members)
      expect([total, newest]).toEqual([expected.length, expected])
    }),
  )
})

test('keeps the newest of very many, and counts all', async () => {
  const members = Array.from({ length: 30_000 }, (_, i): Member => [i, 0, 0, (i * 7919) % 30_000])
  const { total, newest } = await new IdentityListings(queryOf(members), () => 0).current()
  expect([total, newest.length]).toEqual([30_000, LISTED_MAX])
  expect(newest).toEqual(plainList(members).slice(0, LISTED_MAX))
})

test('those who ask at once share one fold; the next to ask gets a new one', async () => {
  const query = queryOf([[1, 1, 1, 1]])
  const listings = new IdentityListings(query, () => 0)
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
  const listings = new IdentityListings(query, () => nowMs)
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
  const listings = new IdentityListings(query, () => nowMs)
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
  const listings = new IdentityListings(query, () => 0)
  await expect(listings.current()).rejects.toThrow(/restores/)
  query.notReady.clear()
  expect((await listings.current()).total).toBe(1)
})
