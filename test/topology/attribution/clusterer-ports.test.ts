import { expect, test } from 'vitest'
import type { AttackerLink } from '../../../topology/attribution/attacker-link.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import {
  NO_KEYSTROKES,
  sumOfKeystrokes,
  withKeystroke,
} from '../../../topology/clustering/keystroke-counts.ts'
import { ClustererWorld } from './clusterer-world.ts'

const [ONE, TWO, THREE] = ['00000000000000ff', '0000000000000f0f', 'ffffffffffffffff']

function countsOf(...hashes: string[]) {
  return sumOfKeystrokes(hashes.map((hash) => withKeystroke(NO_KEYSTROKES, hash, 1)))
}

function keystrokesOf(attacker: string, ...hashes: string[]) {
  return { type: 'keystrokes', attacker, keystrokes: countsOf(...hashes) }
}

test('an attacker is told as seen with its first observation, and only then', async () => {
  const world = new ClustererWorld()
  await world.observe('a', [['r1', 'none', 5]])
  await world.observe('a', [['r2', 'none', 6]])
  expect(world.told()).toEqual([{ type: 'seen', attacker: 'a', firstSeen: 5 }])
})

test('every profile is told whole, and an attacker known by it is not told as seen', async () => {
  const world = new ClustererWorld({}, { partitions: 4 })
  const given = {
    attacker_uuid: 'a',
    first_seen: 3,
    last_seen: 4,
    asn: 7,
    fingerprints: [{ kind: 'ja3', hash: 'h', value: null }],
    commands: [{ phase: 'delivery', commands: ['id'] }],
  }
  const profile = await world.profile(given)
  await world.observe('a', [['r1', 'none']])
  await world.profile(given)
  expect(world.told()).toEqual([
    { type: 'profile', profile },
    { type: 'profile', profile },
  ])
})

test('a profile in another partition than its attacker’s is told whole all the same', async () => {
  const world = new ClustererWorld({}, { partitions: 4 })
  for (const partition of [0, 1, 2, 3]) {
    const payload_hashes = [`p${partition}`]
    const profile = await world.profile({ attacker_uuid: 'a', payload_hashes }, partition)
    expect(world.told()).toEqual([{ type: 'profile', profile }])
  }
})

test('under the reference policy an attacker is seen when it is observed after its profile', async () => {
  const world = new ClustererWorld({ policy: 'reference' })
  await world.observe('a', [['r1', 'none', 5]])
  expect(world.told()).toEqual([])
  const profile = await world.profile({ attacker_uuid: 'a', first_seen: 2 })
  await world.observe('a', [['r2', 'none', 6]])
  expect(world.told()).toEqual([
    { type: 'profile', profile },
    { type: 'seen', attacker: 'a', firstSeen: 2 },
  ])
})

test('keystrokes are told once an attacker and batch', async () => {
  const world = new ClustererWorld()
  await world.observe('a', [
    ['r1', ONE],
    ['r2', TWO],
    ['r3', THREE],
  ])
  expect(world.told()).toEqual([
    { type: 'seen', attacker: 'a', firstSeen: 1 },
    keystrokesOf('a', ONE, TWO, THREE),
  ])
  await world.observe('a', [['r4', ONE]])
  expect(world.told()).toEqual([keystrokesOf('a', ONE, TWO, THREE, ONE)])
})

test('an overwritten hash is counted out, a repeat and what is no hash change nothing', async () => {
  const world = new ClustererWorld()
  await world.observe('a', [
    ['r1', ONE],
    ['r2', TWO],
  ])
  world.told()
  await world.observe('a', [['r1', THREE, 9]])
  expect(world.told()).toEqual([keystrokesOf('a', THREE, TWO)])
  await world.observe('a', [
    ['r1', THREE, 9],
    ['r3', 'no hash'],
  ])
  await world.observe('a', [['r2', TWO, 3]])
  expect(world.told()).toEqual([])
  await world.observe('a', [['r2', 'no hash', 4]])
  expect(world.told()).toEqual([keystrokesOf('a', THREE)])
})

test('a tag tells of a decky: by its attacker, else by its identity, else not at all', async () => {
  const world = new ClustererWorld({}, { partitions: 4 })
  await world.tag({ attacker_uuid: 'a', identity_uuid: 'i', decky_id: 'd' })
  await world.tag({ attacker_uuid: null, identity_uuid: 'i', decky_id: 'd' })
  await world.tag({ attacker_uuid: 'a', identity_uuid: null, decky_id: null })
  const sighting = { tag_uuid: 't', tactic: 'TA0003', created_ts: 7, decky_id: 'd' }
  expect(world.told()).toEqual([
    { type: 'sighting', anchor: 'a', sighting },
    { type: 'sighting', anchor: 'i', sighting },
  ])
  expect(world.driver.counters.get('resolve/tags-without-decky')).toBe(1)
})

test('links from within move attackers in their own partitions', async () => {
  const world = new ClustererWorld({}, { partitions: 4 })
  const attackers = ['a', 'b', 'c', 'd', 'e', 'f']
  for (const attacker of attackers) await world.observe(attacker, [['r', ONE]])
  for (const attacker of attackers) await world.link(attacker, 'root')
  for (const attacker of attackers) {
    const link = await world.get<AttackerLink>('attacker-links', attacker)
    expect(link).toMatchObject({ root: 'root', isOwnStub: false })
  }
  await world.link('a', stubIdentity('a'))
  expect(await world.get('attacker-links', 'a')).toMatchObject({ isOwnStub: true })
})

test('what is told does not depend on what is in memory', async () => {
  const worlds = [{}, { missEverything: true }].map((options) => new ClustererWorld({}, options))
  const told = []
  for (const world of worlds) {
    await world.observe('a', [
      ['r1', ONE],
      ['r2', TWO],
    ])
    await world.observe('a', [['r1', THREE]])
    await world.profile({ attacker_uuid: 'a' })
    told.push(world.told())
  }
  expect(told[1]).toEqual(told[0])
})
