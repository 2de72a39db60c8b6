import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TestDriverOptions } from '../../../runtime/topology-test-driver.ts'
import type { IdentityLink } from '../../../schemas/records.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import type { AttackerMessage } from '../../../topology/clustering/attacker-message.ts'
import {
  fingerprint,
  FEATURES_TOPIC,
  IdentifyWorld,
  keystrokes,
  lastMessages,
  MOVES_TOPIC,
  profile,
  seen,
  sighting,
} from './identify-world.ts'
import { IdentityFold } from './identity-fold.ts'
import { GenericModel } from './partition-model.ts'

const attacker = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')
const firstSeen = fc.constantFrom(1, 1, 2, 3)
const hash = fc.constantFrom('00ff00ff00ff00ff', 'ffffffffffffffff', '1234567890abcdef')

function someOf(...values: readonly string[]): fc.Arbitrary<string[]> {
  return fc.uniqueArray(fc.constantFrom(...values), { maxLength: 2 })
}

const message: fc.Arbitrary<AttackerMessage> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({
        attacker,
        first_seen: firstSeen,
        age: fc.constantFrom(0, 5, 9),
        fingerprints: fc.array(
          fc.record({
            kind: fc.constantFrom('ja3', 'hassh', 'tls_certificate', 'other'),
            hash: fc.constantFrom('', null, 'x1', 'x2', 'x3'),
            value: fc.constantFrom('', null, 'x2'),
          }),
          { maxLength: 3 },
        ),
        payload_hashes: someOf('p1', 'p2', 'p\u0001'),
        c2_endpoints: someOf('c1', 'c2'),
      })
      .map(({ age, attacker: who, ...fields }) =>
        profile(who, { ...fields, last_seen: fields.first_seen + age }),
      ),
  },
  { weight: 2, arbitrary: fc.tuple(attacker, firstSeen).map((args) => seen(...args)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(attacker, fc.array(hash, { maxLength: 3 }))
      .map(([who, hashes]) => keystrokes(who, ...hashes)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.oneof(attacker, attacker.map(stubIdentity)),
        fc.constantFrom('decky-1', 'decky-2'),
        fc.constantFrom('TA0003', 'TA0007', 'TA0011', 'TA9999'),
        fc.constantFrom(10, 20, 30),
        fc.constantFrom('t1', 't2', 't3'),
      )
      .map(([anchor, decky, tactic, ts, tag]) =>
        sighting(anchor, decky, tactic, ts, `${tag}${tactic}${anchor}`),
      ),
  },
)

const step = fc.oneof(
  { weight: 4, arbitrary: message },
  { weight: 1, arbitrary: fc.constant('pass' as const) },
)

const history = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' })

const misses: fc.Arbitrary<TestDriverOptions> = fc.oneof(
  fc.constant({}),
  fc.constant({ missEverything: true }),
  fc.nat().map((seed) => ({ missRandomly: { seed, probability: 0.3 } })),
)

/** What observers know, from all that was told. */
class Observers {
  readonly roots = new Map<string, string>()
  readonly moved = new Map<string, string>()
  readonly living = new Set<string>()
  campaigns = new Map<string, IdentityMessage>()

  hear(told: Record<string, unknown[]>): void {
    const of = <T>(topic: string) => (told[topic] ?? []) as T[]
    for (const each of of<{ identity_uuid: string }>('identity.formed')) {
      expect(this.living.has(each.identity_uuid)).toBe(false)
      this.living.add(each.identity_uuid)
    }
    for (const each of of<{ loser_uuid: string }>('identity.merged')) {
      expect(this.living.delete(each.loser_uuid)).toBe(true)
    }
    for (const each of of<{ resurrected_uuid: string }>('identity.unmerged')) {
      expect(this.living.has(each.resurrected_uuid)).toBe(false)
      this.living.add(each.resurrected_uuid)
    }
    for (const each of of<IdentityLink>('identity.link')) {
      expect(each.identity_uuid).toBe(stubIdentity(each.attacker_uuid))
      this.roots.set(each.attacker_uuid, each.root_uuid)
    }
    for (const each of of<{ attackerUuid: string; root: string }>(MOVES_TOPIC)) {
      this.moved.set(each.attackerUuid, each.root)
    }
    this.campaigns = new Map([...this.campaigns, ...lastMessages(of(FEATURES_TOPIC))])
  }

  /** Of these the campaigns know, and did not hear that they were merged. */
  campaignsKnow(): unknown[] {
    return [...this.campaigns.values()].filter(({ mergedInto }) => mergedInto === null)
  }
}

function byIdentity(messages: readonly unknown[]): unknown[] {
  const named = messages as { identity: string }[]
  return named.toSorted((a, b) => (a.identity < b.identity ? -1 : 1))
}

async function checkAgainst(fold: IdentityFold, world: IdentifyWorld, observers: Observers) {
  const expected = fold.roots()
  for (const [who, root] of Object.entries(expected)) {
    expect(observers.roots.get(who) ?? stubIdentity(who)).toBe(stubIdentity(root))
  }
  expect(observers.moved).toEqual(observers.roots)
  const roots = Object.values(expected).map(stubIdentity)
  expect([...observers.living].sort()).toEqual([...new Set(roots)].sort())
  const rows = Object.entries(await world.identities())
  const told = rows.map(([identity, row]) => [identity, { ...row, events: 0 }])
  const foldRows = fold.rows()
  expect(Object.fromEntries(told)).toEqual(foldRows)
  expect(byIdentity(observers.campaignsKnow())).toEqual(byIdentity(fold.messages()))
  for (const { identity, mergedInto } of observers.campaigns.values()) {
    expect([identity, mergedInto]).toEqual([identity, foldRows[identity]!.mergedInto])
  }
}

test('after any history, and whatever missed, all that is kept and told is a fold from scratch', async () => {
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.constantFrom(1_000, 2, 3),
      misses,
      async (steps, genericLimit, driver) => {
        const world = new IdentifyWorld({ driver, genericLimit })
        const fold = new IdentityFold(new GenericModel(genericLimit))
        const observers = new Observers()
        for (const each of [...steps, 'pass' as const]) {
          if (each === 'pass') {
            observers.hear(await world.passValues())
            await checkAgainst(fold, world, observers)
            continue
          }
          await world.tell(each)
          fold.tell(each)
        }
        expect(await world.pass()).toEqual({})
        expect(world.driver.deadLetters).toEqual([])
        expect(world.driver.failures).toEqual([])
        expect(world.count('steps-failed')).toBe(0)
      },
    ),
    { numRuns: 200 },
  )
}, 60_000)

/** Everything that is kept, but for what is history, and which of the holders is at hand. */
async function present(world: IdentifyWorld): Promise<unknown> {
  const everything = await world.everything()
  return {
    ...everything,
    'identity-history': [],
    identities: everything['identities']!.map(([key, row]) => {
      return [key, { ...(row as object), events: 0 }]
    }),
    'identity-evidence': everything['identity-evidence']!.map(([key, head]) => {
      return [key, (head as { holders: number }).holders]
    }),
  }
}

test('after any history everything is as if only the last words of each attacker had been', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const messages = steps.filter((each) => each !== 'pass')
      const lastWords = messages.filter((each, i) => {
        if (each.type === 'sighting') return true
        const after = messages.slice(i + 1)
        if (each.type === 'seen') {
          return !messages.some(
            (other) =>
              (other.type === 'profile' && other.profile.attacker_uuid === each.attacker) ||
              (other.type === 'seen' && other.attacker === each.attacker && after.includes(other)),
          )
        }
        return !after.some(
          (other) => other.type === each.type && subjectOf(other) === subjectOf(each),
        )
      })
      const [told, direct] = [new IdentifyWorld(), new IdentifyWorld()]
      for (const each of steps) {
        if (each === 'pass') await told.pass()
        else await told.tell(each)
      }
      await told.pass()
      await direct.tell(...lastWords)
      await direct.pass()
      expect(await present(told)).toEqual(await present(direct))
    }),
    { numRuns: 100 },
  )
}, 60_000)

function subjectOf(each: AttackerMessage): string {
  if (each.type === 'profile') return each.profile.attacker_uuid
  return each.type === 'sighting' ? each.anchor : each.attacker
}

const go = [fingerprint('hassh', 'go')]

test('news comes in order: formed, linked, merged, unmerged, generic, links, moves, identities', async () => {
  const order: string[] = []
  const world = new IdentifyWorld({ genericLimit: 3, onWrite: (topic) => order.push(topic) })
  await world.tell(
    profile('a', { first_seen: 1, fingerprints: [fingerprint('ja3', 'x')] }),
    profile('b', { first_seen: 2, fingerprints: [fingerprint('ja3', 'y')] }),
    ...['m', 'n', 'o'].map((who) => profile(who, { first_seen: 3, fingerprints: go })),
  )
  await world.pass()
  order.length = 0
  await world.tell(
    profile('b', { first_seen: 2, fingerprints: [fingerprint('ja3', 'x')] }),
    profile('p', { first_seen: 4, fingerprints: go }),
    profile('q', { first_seen: 5, fingerprints: [fingerprint('ja3', 'x')] }),
  )
  const told = await world.passValues()
  expect([...new Set(order)]).toEqual([
    'formed',
    'linked',
    'merged',
    'unmerged',
    'generic',
    'link',
    'moves',
    'features',
  ])
  expect(told['identity.evidence.generic']).toEqual([
    { kind: 'hassh', value: 'go', generic: true, holders: 4 },
  ])
  expect(await world.pass()).toEqual({})
})

test('records carry the newest event time that was seen, and the keys of their topics', async () => {
  const world = new IdentifyWorld()
  await world.tell(profile('a', { fingerprints: go }), profile('b', { fingerprints: go }))
  const told = await world.pass()
  const keys = Object.values(told).flatMap((records) => {
    return records.map(({ key, timestampMs, topic }) => [topic, key, timestampMs])
  })
  expect(keys).toEqual([
    ['identity.formed', stubIdentity('a'), 1_001],
    ['identity.link', 'b', 1_001],
    ['moves', 'b', 1_001],
    ['features', stubIdentity('a'), 1_001],
  ])
})

test('both sides of a merge and of its end tell of it, newest last', async () => {
  const world = new IdentifyWorld()
  const [own, common] = [[fingerprint('ja3', 'own')], go]
  await world.tell(profile('a', { fingerprints: common }), profile('b', { fingerprints: own }))
  for (const fingerprints of [common, own]) {
    await world.pass()
    await world.tell(profile('b', { fingerprints }))
  }
  await world.pass()
  const { 'identity-history': events } = await world.everything()
  const a = stubIdentity('a')
  const b = stubIdentity('b')
  const of = (identity: string) =>
    events!
      .filter(([key]) => key.startsWith(identity))
      .map(([, event]) => event as { type: string; other: string | null; atMs: number })
  expect(of(a).map(({ other, type }) => [type, other])).toEqual([
    ['formed', null],
    ['gained', b],
    ['lost', b],
  ])
  expect(of(b)).toEqual([
    { type: 'formed', other: null, atMs: 250 },
    { type: 'merged', other: a, atMs: 500 },
    { type: 'unmerged', other: a, atMs: 750 },
  ])
})

test('an identity keeps its newest hundred events', async () => {
  const world = new IdentifyWorld()
  await world.tell(profile('a', { fingerprints: go }))
  await world.pass()
  for (let round = 0; round < 3; round++) {
    const names = Array.from({ length: 60 }, (_, i) => `b${round}-${i}`)
    await world.tell(...names.map((who) => profile(who, { first_seen: 2, fingerprints: go })))
    await world.pass()
  }
  const { 'identity-history': events } = await world.everything()
  expect(events).toHaveLength(100)
  expect(events![0]![0]).toBe(`${stubIdentity('a')}\u0000000000000082`)
  expect(events!.at(-1)![1]).toEqual({ type: 'linked', other: 'b2-9', atMs: 1_000 })
})

test('while paused everything is taken in and nothing told; then all of it at once', async () => {
  const world = new IdentifyWorld()
  await world.control('pause')
  await world.tell(profile('a', { fingerprints: go }), profile('b', { fingerprints: go }))
  expect(await world.pass()).toEqual({})
  await world.tell(profile('b'))
  await world.control('resume')
  const told = await world.passValues()
  expect(told['identity.formed']).toEqual([
    { identity_uuid: stubIdentity('a'), observation_uuids: ['a'] },
    { identity_uuid: stubIdentity('b'), observation_uuids: ['b'] },
  ])
  expect(world.health()).toMatchObject([
    { status: 'paused', members: 0 },
    { status: 'running', members: 2, groups: 2, failures: 0 },
  ])
})
