import { expect, test } from 'vitest'
import { fromByteString, toByteString } from '../../../bytes/byte-string.ts'
import {
  type TestDriverOptions,
  TopologyTestDriver,
} from '../../../runtime/topology-test-driver.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { keystrokesOf } from '../../../topology/clustering/keystroke-counts.ts'
import type { IdentityRow } from '../../../topology/identity/identity-row.ts'
import { addReferenceIdentity } from '../../../topology/identity/reference-identity-topology.ts'
import type { ReferenceInput } from '../../../topology/identity/reference-input.ts'
import { Topology } from '../../../topology/topology.ts'
import { identityVectorSerdes, read, write } from '../../vectors/vector-serdes.ts'

const INPUT = 'input'
const MINUTE_MS = 60_000

/** `identify` alone under the reference policy; what it sends on comes out as topics. */
class World {
  readonly driver: TopologyTestDriver

  constructor(options: TestDriverOptions = {}) {
    const topology = new Topology().addSource('input', {
      topics: [INPUT],
      deserializer: (raw) => read(raw) as ReferenceInput,
    })
    addReferenceIdentity(topology, {
      parents: ['input'],
      moves: 'moves',
      features: 'features',
      serdes: identityVectorSerdes,
    })
    for (const name of ['moves', 'features']) {
      topology.addSink(name, { parents: ['identify'], topic: name, serializer: write })
    }
    this.driver = new TopologyTestDriver(topology.build(), options)
  }

  async tell(...inputs: ReferenceInput[]): Promise<void> {
    for (const input of inputs) {
      await this.driver.pipe(INPUT, { key: null, value: write(input), timestampMs: 0 })
    }
  }

  async pass(): Promise<void> {
    await this.driver.advanceWallClock(MINUTE_MS)
    expect(this.driver.failures).toEqual([])
  }

  take<V>(topic: string): V[] {
    return this.driver.readValues(topic, read).map(({ value }) => value as V)
  }

  async identity(uuid: string): Promise<IdentityRow> {
    return (await this.driver.store<IdentityRow>('identities').get(toByteString(uuid)))!
  }
}

function profile(attacker: string, hassh: string, firstSeen: number): ReferenceInput {
  return {
    type: 'profile',
    profile: {
      attacker_uuid: attacker,
      attacker_ip: null,
      first_seen: firstSeen,
      last_seen: firstSeen + 1,
      asn: null,
      fingerprints: [{ kind: 'hassh', hash: hassh, value: null }],
      payload_hashes: [`payload-${attacker}`],
      c2_endpoints: [],
      credentials: [],
      commands: [],
    },
  }
}

const seen = (attacker: string, firstSeen: number): ReferenceInput => ({
  type: 'seen',
  attacker,
  firstSeen,
})

const [a, b] = [stubIdentity('a'), stubIdentity('b')]
const [winner, loser] = a < b ? [a, b] : [b, a]

test.each([{}, { missEverything: true }])(
  'a pass forms identities, moves whom it linked, and tells campaigns (%o)',
  async (options) => {
    const world = new World(options)
    const sighting = { tag_uuid: 't', decky_id: 'd1', tactic: 'TA0003', created_ts: 5 }
    const keystrokes = keystrokesOf(['00000000000000ff'])
    await world.tell(profile('b', 'h', 20), profile('a', 'h', 10))
    await world.tell(
      { type: 'keystrokes', attacker: 'b', keystrokes },
      { type: 'sighting', anchor: 'b', sighting },
    )
    await world.pass()
    expect(world.take(PUBLIC_TOPICS['identity-formed'])).toEqual([
      { identity_uuid: a, observation_uuids: ['a', 'b'] },
    ])
    const links = ['a', 'b'].map((attacker) => [attacker, a, a, 'link'])
    const asLists = (record: Record<string, unknown>) => Object.values(record)
    expect(
      world.take<Record<string, unknown>>(PUBLIC_TOPICS['identity-link']).map(asLists),
    ).toEqual(links)
    const moves = world.take<Record<string, unknown>>('moves')
    expect(
      moves.map(({ attackerUuid, cause, identity, root }) => [attackerUuid, identity, root, cause]),
    ).toEqual(links)
    expect(world.take<IdentityMessage>('features')).toEqual([
      {
        identity: a,
        firstSeen: 10,
        mergedInto: null,
        payloadHashes: ['payload-a', 'payload-b'],
        c2Endpoints: [],
        keystrokeCentroid: '00000000000000ff',
        visits: [
          ['d1', { firstPhase: 'persistence', firstTs: 5, lastPhase: 'persistence', lastTs: 5 }],
        ],
      },
    ])
  },
)

test('merges move nobody; campaigns hear of the loser, and of both again after the split', async () => {
  const world = new World()
  await world.tell(seen('a', 10), profile('a', 'h', 10), seen('b', 20), profile('b', 'h', 20))
  await world.pass()
  expect(world.take(PUBLIC_TOPICS['identity-merged'])).toEqual([
    { winner_uuid: winner, loser_uuid: loser },
  ])
  expect(world.take('moves')).toEqual([])
  const merged = world.take<IdentityMessage>('features')
  expect(merged.find(({ identity }) => identity === loser)?.mergedInto).toBe(winner)
  expect(merged.find(({ identity }) => identity === winner)?.payloadHashes).toHaveLength(2)
  expect(await world.identity(winner)).toMatchObject({ mergedInto: null, attackers: 2 })
  expect(await world.identity(loser)).toMatchObject({ mergedInto: winner, attackers: 0 })

  await world.tell(profile('b', 'other', 20))
  await world.pass()
  expect(world.take(PUBLIC_TOPICS['identity-unmerged'])).toEqual([
    { resurrected_uuid: loser, former_winner_uuid: winner },
  ])
  const apart = world.take<IdentityMessage>('features')
  expect(apart.map(({ mergedInto, payloadHashes }) => [mergedInto, payloadHashes.length])).toEqual([
    [null, 1],
    [null, 1],
  ])
})

test('what is not known by a profile takes no part, whatever else was heard of it', async () => {
  const world = new World()
  await world.tell({ type: 'keystrokes', attacker: 'a', keystrokes: keystrokesOf([]) })
  await world.pass()
  expect(world.take(PUBLIC_TOPICS['identity-formed'])).toEqual([])
})

test('a pass without news says nothing, writes nothing, and forms the same after a restart', async () => {
  const world = new World()
  await world.tell(profile('a', 'h', 10))
  await world.pass()
  const before = await world.driver.store('reference-identities').entries()
  world.take('features')
  await world.driver.restart()
  await world.pass()
  expect(await world.driver.store('reference-identities').entries()).toEqual(before)
  expect(before.map(([key]) => fromByteString(key))).toEqual([a])
  expect(world.take('features')).toEqual([])
  expect(world.take(PUBLIC_TOPICS['identity-link'])).toHaveLength(1)
})
