import { expect, test } from 'vitest'
import type { AttackerMessage } from '../../../topology/clustering/attacker-message.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { fingerprint, IdentifyWorld, keystrokes, profile, sighting } from './identify-world.ts'

const attackers = Array.from({ length: 200 }, (_, i) => `a${i}`)

/** Attackers whose identities are announced, each with a JA3 of its own; nothing is in memory. */
async function announcedAndCold(): Promise<IdentifyWorld> {
  const world = new IdentifyWorld()
  await world.tell(
    ...attackers.map((attacker) =>
      profile(attacker, { fingerprints: [fingerprint('ja3', attacker)] }),
    ),
  )
  await world.pass()
  await world.driver.restart()
  return world
}

/** The worker's own row is asked for by the first message of all. */
const FIRST_MISS = 1

/** Of one batch. */
async function missesOf(world: IdentifyWorld, messages: readonly AttackerMessage[]) {
  const before = world.count('misses')
  await world.tell(...messages)
  return world.count('misses') - before
}

const told: [string, (attacker: string) => AttackerMessage][] = [
  ['keystrokes', (attacker) => keystrokes(attacker, '00ff00ff00ff00ff')],
  ['sightings', (attacker) => sighting(attacker, 'd', 'TA0003', 5)],
  ['sightings of identities', (attacker) => sighting(stubIdentity(attacker), 'd', 'TA0003', 5)],
  [
    'profiles that say something else',
    (attacker) => profile(attacker, { asn: 1, fingerprints: [fingerprint('ja3', attacker)] }),
  ],
]

test.each(told)(
  'with nothing in memory, %s miss nothing of their own',
  async (_what, messageOf) => {
    const world = await announcedAndCold()
    expect(await missesOf(world, attackers.map(messageOf))).toBe(FIRST_MISS)
  },
)

test('with nothing in memory, whoever joins others that have a root miss nothing of their own', async () => {
  const world = await announcedAndCold()
  const pairs = attackers.map((attacker, i) =>
    profile(`b${i}`, { first_seen: 2, fingerprints: [fingerprint('ja3', attacker)] }),
  )
  await world.tell(...pairs)
  await world.pass()
  await world.driver.restart()
  const joining = attackers.map((attacker, i) =>
    profile(`c${i}`, { first_seen: 3, fingerprints: [fingerprint('ja3', attacker)] }),
  )
  expect(await missesOf(world, joining)).toBe(FIRST_MISS)
  expect((await world.passValues())['moves']).toHaveLength(attackers.length)
})
