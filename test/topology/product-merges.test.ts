import { describe, expect, test } from 'vitest'
import type { RawRecord } from '../../broker/port.ts'
import { type PipedRecord, TopologyTestDriver } from '../../runtime/topology-test-driver.ts'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { numberedProduct } from '../support/clusters/numbered-product.ts'
import { Tolls, tolledTopology } from '../support/tolled-topology.ts'

const PASS_MS = 250
const NOW_MS = 1_800_000_000_000
const START = NOW_MS / 1000 - 10_000
const PRIMITIVES = ['cognitive.cognitive_load', 'motor.input_modality'] as const

const registry = new InProcessRegistry()
const readChange = deserializerFor('state-changed', registry)
const readSuspected = deserializerFor('multi-actor-suspected', registry)
const readCleared = deserializerFor('multi-actor-cleared', registry)

/** The whole product, paying tolls. */
class World {
  readonly tolls = new Tolls()
  readonly driver: TopologyTestDriver
  #queued: (PipedRecord & { readonly topic: string })[] = []
  #count = 0

  constructor() {
    const topology = tolledTopology(numberedProduct(1_000_000), this.tolls)
    this.driver = new TopologyTestDriver(topology, { wallClockMs: NOW_MS, partitions: 3 })
  }

  /** Of every one of {@link PRIMITIVES}. */
  observe(attacker: string, values: readonly string[], firstTs = START, stepS = 2): this {
    for (const primitive of PRIMITIVES) {
      for (const [i, value] of values.entries()) {
        const ts = firstTs + i * stepS
        const window = { start_ts: ts, end_ts: ts }
        const fixed = { v: 1, confidence: 1, window, source: 'sensor' }
        const id = `o${this.#count++}`
        this.#queue('observation', attacker, { ...fixed, id, ts, primitive, value })
      }
    }
    return this
  }

  profile(attacker: string, firstSeen: number, prints: { ja3?: string; hassh?: string }): this {
    const fingerprints = Object.entries(prints).map(([kind, hash]) => ({ kind, hash }))
    const times = { first_seen: firstSeen, last_seen: firstSeen }
    return this.#queue('attacker-profile', attacker, { ...times, fingerprints })
  }

  /** Lets everything queued be taken, a pass of identities, what follows of it, one of campaigns. */
  async pass(): Promise<this> {
    await this.driver.pipeBatch(this.#queued.splice(0))
    for (let i = 0; i < 3; i++) await this.driver.advanceWallClock(PASS_MS)
    expect([...this.driver.failures, ...this.driver.deadLetters]).toEqual([])
    return this
  }

  changes() {
    return this.#values(PUBLIC_TOPICS['state-changed'], readChange)
  }

  suspected() {
    return this.#values(PUBLIC_TOPICS['multi-actor-suspected'], readSuspected)
  }

  cleared() {
    return this.#values(PUBLIC_TOPICS['multi-actor-cleared'], readCleared)
  }

  /** Records written to a topic of the application's own since the last call. */
  written(name: string): number {
    return this.driver.read(`test-${name}`).length
  }

  #queue(record: 'observation' | 'attacker-profile', attacker: string, fields: object): this {
    const value = Buffer.from(JSON.stringify({ attacker_uuid: attacker, ...fields }))
    const timestampMs = NOW_MS - 1_000_000 + this.#count++
    this.#queued.push({ topic: PUBLIC_TOPICS[record], key: attacker, value, timestampMs })
    return this
  }

  #values<V>(topic: string, read: (raw: RawRecord) => V): V[] {
    return this.driver.readValues(topic, read).map(({ value }) => value)
  }
}

const REPARTITIONS = [
  'attacker-features',
  'identity-moves',
  'identity-observation',
  'identity-features',
]

interface Cost {
  /** By processor: rows, groups and records sent on. */
  readonly tolls: ReadonlyMap<string, number>
  readonly messages: Readonly<Record<string, number>>
  /** State changes by identity and primitive. */
  readonly changes: ReadonlyMap<string, number>
}

/** What it costs that an identity of n attackers is merged into an older one, and comes back. */
async function costsOfMerge(attackers: number): Promise<{ merge: Cost; unmerge: Cost }> {
  const world = new World()
  world.profile('old', 100, { hassh: 'y' }).observe('old', ['typed', 'typed'])
  for (let i = 0; i < attackers; i++) {
    world.profile(`a${i}`, 200 + i, { ja3: 'x' }).observe(`a${i}`, ['typed', 'pasted'], START + i)
  }
  await world.pass()
  costOf(world)
  await world.profile('a0', 200, { ja3: 'x', hassh: 'y' }).pass()
  const merge = costOf(world)
  await world.profile('a0', 200, { ja3: 'x' }).pass()
  return { merge, unmerge: costOf(world) }
}

function costOf(world: World): Cost {
  const messages = REPARTITIONS.map((name) => [name, world.written(`${name}-repartition`)] as const)
  const changes = new Map<string, number>()
  for (const { identity_uuid, primitive } of world.changes()) {
    const key = `${identity_uuid} ${primitive}`
    changes.set(key, (changes.get(key) ?? 0) + 1)
  }
  const tolls = world.tolls.take()
  return { tolls, messages: Object.fromEntries(messages), changes }
}

describe('a merge of n attackers, and its end', () => {
  test('costs in proportion to n, everywhere', async () => {
    const [few, many] = [await costsOfMerge(100), await costsOfMerge(1_000)]
    for (const side of ['merge', 'unmerge'] as const) {
      for (const [node, toll] of many[side].tolls) {
        expect(toll, `${side}, ${node}`).toBeLessThan(few[side].tolls.get(node)! * 10.5)
      }
      const total = [...many[side].tolls.values()].reduce((sum, toll) => sum + toll)
      expect(total).toBeLessThan(1_000 * 100)
    }
  }, 120_000)

  test('is one link an attacker, and what that attacker has told', async () => {
    const { merge, unmerge } = await costsOfMerge(100)
    for (const { messages } of [merge, unmerge]) {
      expect(messages).toEqual({
        'attacker-features': 1,
        'identity-moves': 100,
        // Of each a retract and a contribution a primitive, and that it left and joined.
        'identity-observation': 100 * (2 * PRIMITIVES.length + 2),
        'identity-features': 2,
      })
    }
  })

  test('is evaluated once: one transition a row at most', async () => {
    const { merge, unmerge } = await costsOfMerge(100)
    const rows = [stubIdentity('old'), stubIdentity('a0')].flatMap((identity) =>
      PRIMITIVES.map((primitive) => `${identity} ${primitive}`),
    )
    const once = new Map(rows.map((row) => [row, 1]))
    expect(merge.changes).toEqual(once)
    expect(unmerge.changes).toEqual(once)
  })
})

test('an alert comes at once with a merge, and goes with its end', async () => {
  const world = new World()
  const primitives = [...PRIMITIVES]
  world.profile('one', 100, { ja3: 'x' }).observe('one', ['p', 'p', 'p', 'p'], START)
  world.profile('other', 200, { ja3: 'y' }).observe('other', ['q', 'q', 'q', 'q'], START + 1)
  await world.pass()
  expect(world.suspected()).toEqual([])
  world.changes()

  await world.profile('other', 200, { ja3: 'x' }).pass()
  const identity_uuid = stubIdentity('one')
  const newest = START + 7
  expect(world.suspected()).toMatchObject([{ identity_uuid, primitives, ts: newest }])
  expect(world.changes().filter(({ new_state }) => new_state !== null)).toMatchObject(
    primitives.map((primitive) => {
      return { identity_uuid, primitive, new_state: 'multi_actor', cause: 'merge', ts: newest }
    }),
  )

  await world.profile('other', 200, { ja3: 'y' }).pass()
  expect(world.cleared()).toMatchObject([{ identity_uuid, primitives }])
  expect(world.suspected()).toEqual([])
  expect(world.changes().map(({ cause, new_state }) => [cause, new_state])).toEqual(
    Array.from({ length: 4 }, () => ['unmerge', 'stable']),
  )
})
