import { expect, test } from 'vitest'
import type { IdentityFormed } from '../../../schemas/cluster-records.ts'
import { SerializationError } from '../../../schemas/errors.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { NOTHING_KNOWN } from '../../../topology/identity/features.ts'
import { IdentifyPass } from '../../../topology/identity/identify-pass.ts'
import { IDENTITY_STORES, openIdentityStores } from '../../../topology/identity/identity-stores.ts'
import { IncrementalClusterer } from '../../../topology/identity/incremental-clusterer.ts'
import type { ProfileRow } from '../../../topology/identity/profile-row.ts'
import { MemoryStore } from '../../support/memory-store.ts'
import {
  FEATURES_TOPIC,
  fingerprint,
  IdentifyWorld,
  keystrokes,
  profile,
  seen,
  sighting,
} from './identify-world.ts'

async function rootsOf(world: IdentifyWorld): Promise<Record<string, string>> {
  const { 'identity-attackers': attackers } = await world.everything()
  return Object.fromEntries(attackers!.map(([who, row]) => [who, (row as { root: string }).root]))
}

test.each([
  ['without hash and value', [fingerprint('ja3', null), fingerprint('ja3', '')]],
  ['of a kind that nobody knows', [fingerprint('ja9', 'x'), fingerprint('', 'x')]],
  ['longer than a fingerprint can be', [fingerprint('hassh', 'x'.repeat(1_025))]],
])('attackers with fingerprints %s have none in common', async (_what, fingerprints) => {
  const world = new IdentifyWorld()
  await world.tell(profile('a', { fingerprints }), profile('b', { fingerprints }))
  expect(await rootsOf(world)).toEqual({ a: 'a', b: 'b' })
})

test('of the fingerprints of a kind the last that can be one counts', async () => {
  const world = new IdentifyWorld()
  const long = 'x'.repeat(1_000_000)
  await world.tell(
    profile('a', { fingerprints: [fingerprint('ja3', 'y'), fingerprint('ja3', long)] }),
    profile('b', { fingerprints: [fingerprint('ja3', null, 'y'), fingerprint('ja3', '')] }),
  )
  expect(await rootsOf(world)).toEqual({ a: 'a', b: 'a' })
  expect(world.count('values-left-out')).toBe(1)
})

test('of ten thousand fingerprints the newest are taken, the rest is counted', async () => {
  const world = new IdentifyWorld()
  const many = Array.from({ length: 10_000 }, (_, i) => fingerprint('ja3', `j${i}`))
  const repeats = Array.from({ length: 100 }, () => fingerprint('ja3', 'j9999'))
  await world.tell(profile('a', { fingerprints: [...many, ...repeats] }))
  await world.pass()
  const { ja3 } = (await world.driver.store<ProfileRow>('identity-profiles').get('a'))!
  expect(ja3).toEqual(many.slice(-256).map(({ hash }) => hash))
  expect(world.count('values-left-out')).toBe(10_000 - 256)
  await world.tell(profile('b', { fingerprints: [fingerprint('ja3', 'j9999')] }))
  expect(await rootsOf(world)).toEqual({ a: 'a', b: 'a' })
})

test('payloads and endpoints may hold any character, and are no one else’s for it', async () => {
  const world = new IdentifyWorld()
  const values = [
    '',
    '\0',
    'p',
    'p\0',
    'p\0a',
    'p\u0001',
    'p\u0001\u0001',
    'c',
    '\u00ff',
    '\u{1f600}',
  ]
  await world.tell(
    ...values.map((value, i) => profile(`${i}`, { payload_hashes: [value] })),
    ...values.map((value, i) => profile(`c${i}`, { c2_endpoints: [value] })),
  )
  const own = [...values.keys()].flatMap((i) => [`${i}`, `c${i}`])
  expect(await rootsOf(world)).toEqual(Object.fromEntries(own.map((who) => [who, who])))
  await world.tell(
    ...values.map((value, i) => profile(`z${i}`, { first_seen: 2, payload_hashes: [value] })),
  )
  const roots = await rootsOf(world)
  // An empty text says that nothing is known.
  expect(values.map((_, i) => roots[`z${i}`])).toEqual([
    'z0',
    ...own.filter((who) => /^[1-9]/.test(who)),
  ])
  expect(world.driver.deadLetters).toEqual([])
})

test('a payload of a megabyte is left out and counted; the others of its profile count', async () => {
  const world = new IdentifyWorld()
  const payload_hashes = ['p'.repeat(1_000_000), 'p']
  await world.tell(profile('a', { payload_hashes }), profile('b', { payload_hashes }))
  expect(await rootsOf(world)).toEqual({ a: 'a', b: 'a' })
  expect(world.count('values-left-out')).toBe(2)
  await world.pass()
  expect((await world.identities())[stubIdentity('a')]!.payloadHashes).toEqual(['p'])
})

test('no row and no record outgrows what a topic takes, however much attackers bring', async () => {
  const world = new IdentifyWorld()
  const text = (i: number, length: number) => `${i}`.padStart(length, '-')
  const many = (letter: string) => {
    return Array.from({ length: 900 }, (_, i) => letter + text(i, 1_000))
  }
  for (let i = 0; i < 12; i++) {
    await world.tell(
      profile(`a${i}`, { fingerprints: [fingerprint('ja3', 'x')], payload_hashes: many(`${i}`) }),
      profile(`b${i}`, {
        fingerprints: [
          ...many(`${i}`).map((hash) => fingerprint('tls_certificate', hash)),
          fingerprint('ja3', 'x'),
        ],
      }),
      profile(`c${i}`, { fingerprints: [fingerprint('ja3', 'x')], c2_endpoints: many(`${i}`) }),
    )
  }
  for (let i = 0; i < 2_000; i++) {
    await world.tell(sighting('a0', text(i, 100), 'TA0003', i))
  }
  const told = await world.pass()
  expect(world.driver.failures).toEqual([])
  expect(world.count('steps-failed')).toBe(0)
  expect(world.count('rolled-up-left-out')).toBeGreaterThan(1_000)
  const [record] = told[FEATURES_TOPIC]!
  const identity = JSON.parse(record!.value!.toString()) as IdentityMessage
  expect(identity.payloadHashes.length).toBeGreaterThan(200)
  expect(identity.visits).toHaveLength(1_024)
  expect(record!.value!.length).toBeLessThan(1_000_000)
}, 30_000)

test('an identity formed of very many tells of some, and links the others', async () => {
  const world = new IdentifyWorld({ genericLimit: 10_000 })
  const names = Array.from({ length: 5_000 }, (_, i) => `a${String(i).padStart(4, '0')}`)
  await world.tell(
    ...names.map((who) => profile(who, { fingerprints: [fingerprint('hassh', 'h')] })),
  )
  const told = await world.passValues()
  const [formed] = told['identity.formed'] as { observation_uuids: string[] }[]
  expect(formed!.observation_uuids).toEqual(names.slice(0, 4_096))
  expect(told['identity.observation.linked']).toHaveLength(5_000 - 4_096)
  expect(told['identity.link']).toHaveLength(4_999)
})

test('what cannot be told is skipped and counted; the rest of the pass stands', async () => {
  const world = new IdentifyWorld({
    onWrite: (topic, value) => {
      const isBad = topic === 'formed' && (value as IdentityFormed).observation_uuids.includes('b')
      if (isBad) throw new SerializationError('a bad record')
    },
  })
  await world.tell(...['a', 'b', 'c'].map((who) => profile(who)))
  const told = await world.passValues()
  expect(told['identity.formed']).toHaveLength(2)
  expect(told[FEATURES_TOPIC]).toHaveLength(3)
  expect(world.count('steps-failed')).toBe(1)
  expect(Object.keys(await world.identities())).toHaveLength(3)
  expect(await world.pass()).toEqual({})
})

test('stores that contradict each other cost the identity concerned, not the pass', () => {
  const memory = new Map(IDENTITY_STORES.map((spec) => [spec.name, new MemoryStore(spec)]))
  const stores = openIdentityStores((name) => memory.get(name) as never)
  const clusterer = new IncrementalClusterer(stores, 1_000)
  const shared = { ...NOTHING_KNOWN, ja3: 'x' }
  for (const who of ['a', 'b']) clusterer.apply(who, 1, shared)
  for (const who of ['c', 'd']) clusterer.apply(who, 1, NOTHING_KNOWN)
  stores.attackers.delete('b')
  stores.components.delete('c\0c')
  const { failures, messages } = new IdentifyPass(stores).run(1)
  expect(failures).toBe(1)
  expect(messages.map(({ identity }) => identity)).toEqual(['a', 'd'].map(stubIdentity))
  expect(stores.identities.get(stubIdentity('a'))).toMatchObject({ attackers: 1 })
})

test('first_seen that is corrected later moves the root, and the identity with it', async () => {
  const world = new IdentifyWorld()
  const fingerprints = [fingerprint('ja3', 'x')]
  await world.tell(
    profile('a', { first_seen: 5, fingerprints }),
    profile('b', { first_seen: 6, fingerprints }),
  )
  await world.pass()
  await world.tell(profile('b', { first_seen: 4, last_seen: 9, fingerprints }))
  const told = await world.passValues()
  expect(Object.keys(told)).toEqual([
    'identity.merged',
    'identity.unmerged',
    'identity.link',
    'moves',
    'features',
  ])
  expect(await world.identities()).toMatchObject({
    [stubIdentity('a')]: { mergedInto: stubIdentity('b'), attackers: 0 },
    [stubIdentity('b')]: { mergedInto: null, firstSeen: 4, updatedTs: 9, attackers: 2 },
  })
})

test('when an attacker was first seen its profile knows, whichever comes first', async () => {
  for (const messages of [
    [seen('a', 5), profile('a', { first_seen: 3 })],
    [profile('a', { first_seen: 3 }), seen('a', 5)],
  ]) {
    const world = new IdentifyWorld()
    await world.tell(...messages)
    await world.pass()
    expect((await world.identities())[stubIdentity('a')]).toMatchObject({ firstSeen: 3 })
  }
})

test('keystrokes and sightings may come before their attacker is known', async () => {
  const world = new IdentifyWorld()
  await world.tell(
    sighting('a', 'd1', 'TA0003', 10),
    sighting(stubIdentity('a'), 'd1', 'TA0007', 5),
    sighting('a', 'd1', 'TA9999', 1),
    sighting('nobody', 'd1', 'TA0007', 5),
    keystrokes('a', '00ff00ff00ff00ff'),
  )
  expect(await world.pass()).toEqual({})
  await world.tell(seen('a', 1))
  const told = await world.passValues()
  expect(told[FEATURES_TOPIC]).toEqual([
    expect.objectContaining({
      identity: stubIdentity('a'),
      keystrokeCentroid: '00ff00ff00ff00ff',
      visits: [
        ['d1', { firstPhase: 'discovery', firstTs: 5, lastPhase: 'persistence', lastTs: 10 }],
      ],
    }),
  ])
  expect(world.count('sightings-without-phase')).toBe(1)
})

test('the same sighting again, and the same profile again, are told once', async () => {
  const world = new IdentifyWorld()
  const messages = [profile('a', { payload_hashes: ['p'] }), sighting('a', 'd1', 'TA0003', 10)]
  await world.tell(...messages)
  await world.pass()
  await world.tell(...messages)
  expect(await world.pass()).toEqual({})
})
