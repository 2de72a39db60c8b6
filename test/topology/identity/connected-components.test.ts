import fc from 'fast-check'
import { expect, test } from 'vitest'
import { connectedComponents } from '../../../topology/identity/connected-components.ts'
import { storeMiss } from '../../../topology/store.ts'
import { MemoryIdentityStore } from '../../support/memory-identity-store.ts'

const IDENTITIES = ['i1', 'i2', 'i3']
const SILENCE = { formed: [], linked: [], merged: [], unmerged: [] }

function attackerOf(uuid: string, identity: string | null, hassh: string | null) {
  const fingerprints = hassh === null ? [] : [{ kind: 'hassh', hash: hassh }]
  return { uuid, identity, asn: null, fingerprints }
}

function storeOf(
  identities: Readonly<Record<string, string | null>>,
  attackers: readonly (readonly [uuid: string, identity: string | null, hassh: string | null])[],
): MemoryIdentityStore {
  const store = new MemoryIdentityStore()
  for (const [uuid, mergedInto] of Object.entries(identities)) store.addIdentity(uuid, mergedInto)
  for (const attacker of attackers) store.addAttacker(attackerOf(...attacker))
  store.beginPass([], ['new-1', 'new-2', 'new-3'])
  return store
}

const passOver = (store: MemoryIdentityStore) => connectedComponents.pass(store)

test('a component without identities forms one; a second pass is silent', () => {
  const store = storeOf({}, [
    ['a', null, 'h'],
    ['b', null, null],
    ['c', null, 'h'],
  ])
  expect(passOver(store).formed).toEqual([
    { identity: 'new-1', attackers: ['a', 'c'] },
    { identity: 'new-2', attackers: ['b'] },
  ])
  expect(passOver(store)).toEqual({ ...SILENCE, failures: 0, brokenChains: 0 })
})

test('the smallest identity wins, links stay, and the merge is taken back after a split', () => {
  const store = storeOf({ x: null, w: null }, [
    ['a', 'x', 'h'],
    ['b', 'w', 'h'],
    ['c', null, 'h'],
  ])
  const { linked, merged } = passOver(store)
  expect(merged).toEqual([{ winner: 'w', loser: 'x' }])
  expect(linked).toEqual([{ identity: 'w', attacker: 'c' }])
  expect(store.attackersByUuid.get('a')?.identity).toBe('x')
  store.change('a', { fingerprints: [] })
  expect(passOver(store).unmerged).toEqual([{ resurrected: 'x', formerWinner: 'w' }])
})

test('a chain may end on an identity that has no row', () => {
  const store = storeOf({ x: 'gone' }, [
    ['a', 'x', 'h'],
    ['b', null, 'h'],
  ])
  expect(passOver(store)).toMatchObject({
    linked: [{ identity: 'gone', attacker: 'b' }],
    brokenChains: 0,
  })
})

test('a cycle of merge pointers is counted, and its smallest identity stands in', () => {
  const store = storeOf({ y: 'z', z: 'y' }, [
    ['a', 'z', 'h'],
    ['b', null, 'h'],
  ])
  const outcome = passOver(store)
  expect(outcome.linked).toEqual([{ identity: 'y', attacker: 'b' }])
  expect(outcome.brokenChains).toBe(1)
})

test('a missing row is no failure: the miss goes up to whoever fetches it', () => {
  const store = storeOf({}, [['a', null, 'h']])
  store.create = () => {
    throw storeMiss
  }
  expect(() => passOver(store)).toThrow(storeMiss)
})

test('whatever fails, a pass does not throw, counts it, and the next one makes it good', () => {
  const calls = ['list_attackers', 'list_identities', 'create', 'link', 'merge'] as const
  const fault = fc.tuple(fc.constantFrom(...calls), fc.constant('*'))
  const attacker = fc.tuple(
    fc.constantFrom('a1', 'a2', 'a3', 'a4', 'a5'),
    fc.option(fc.constantFrom(...IDENTITIES)),
    fc.option(fc.constantFrom('h1', 'h2', 'h3')),
  )
  fc.assert(
    fc.property(fc.array(attacker), fc.array(fault), (attackers, faults) => {
      const identities = Object.fromEntries(IDENTITIES.map((uuid) => [uuid, null]))
      const store = storeOf(identities, attackers)
      const newIds = Array.from({ length: 20 }, (_, i) => `new-${i}`)
      store.beginPass(faults, newIds)
      expect(passOver(store).failures).toBe(store.failed)
      store.beginPass([], newIds.slice(10))
      expect(passOver(store).failures).toBe(0)
      const links = [...store.attackersByUuid.values()].map(({ identity }) => identity)
      expect(links).not.toContain(null)
    }),
  )
})
