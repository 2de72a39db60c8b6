import { describe, expect, it } from 'vitest'
import type { RawRecord } from '../../broker/port.ts'
import { rawKey, rawValue } from '../../broker/record-batch/record-fields.ts'
import { type PipedRecord, TopologyTestDriver } from '../../runtime/topology-test-driver.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import { type ClusterStores, gatherClusterStores } from '../support/clusters/cluster-evidence.ts'
import { numberedProduct } from '../support/clusters/numbered-product.ts'
import { readTopic } from './log-contents.ts'
import { type Load, playAlone, PRODUCT_PARTITIONS } from './product-play.ts'
import { profileRecord, RandomIntrusions, type Traits, type Wares } from './random-intrusions.ts'
import { seededRandom } from './random.ts'
import type { World } from './world.ts'

/** Each plays the whole product, and costs several of the siblings'. */
const SCHEDULES = Math.ceil(Number(process.env['SIMULATION_SCHEDULES'] ?? 40) / 4)
const FIRST_SEED = Number(process.env['SIMULATION_SEED'] ?? 1)

/** Nothing is ever generic: whether a value is depends on what was held when. */
const genericLimit = 1_000
const topology = numberedProduct(genericLimit)

const BRIDGE = 'bridge'
/** Names the profiles that join the sides. */
const MARK = 'endpoint-of-both-sides'
const ATTACKERS = ['left-0', 'left-1', 'left-2', 'right-0', 'right-1', 'right-2', BRIDGE]

/** Of left, right and the bridge: nothing in common. */
function waresOf(attacker: string): Wares {
  const side = attacker.split('-')[0]!
  return {
    ja3: [`${side}-j`],
    hassh: [`${side}-h`],
    payloads: [`${side}-p1`, `${side}-p2`],
    endpoints: [`${side}-c`],
  }
}

/**
 * Two sides that have nothing to do with each other, until the bridge has something of both; which
 * it loses again, in the end for good.
 */
function bridgedLoad(random: () => number): Load {
  const intrusions = new RandomIntrusions(random, { attackers: ATTACKERS, waresOf })
  const traits = (nowMs: number, of: Partial<Traits>): Traits => {
    const firstSeen = Math.floor(nowMs / 1000) - 5 + Math.floor(random() * 10)
    return { firstSeen, ja3: null, hassh: null, payloads: [], endpoints: [], ...of }
  }
  const bridging = { ja3: 'left-j', hassh: 'right-h', endpoints: [MARK] }
  return {
    records: 140,
    next: (nowMs) =>
      random() < 0.06
        ? profileRecord(BRIDGE, traits(nowMs, bridging), nowMs)
        : intrusions.next(nowMs),
    last: (nowMs) => [
      profileRecord(BRIDGE, traits(nowMs, { payloads: ['bridge-p1'] }), nowMs),
      ...intrusions.resume(nowMs),
    ],
  }
}

/** What a program that nothing befell makes of the same input, but for what joined the sides. */
async function neverJoined({ clock, life }: World): Promise<ClusterStores> {
  const records: (PipedRecord & { topic: string })[] = []
  for (const name of ['observation', 'attacker-profile', 'technique-tag'] as const) {
    const topic = PUBLIC_TOPICS[name]
    for (const { partition, raw } of (await readTopic(life!.broker, topic)).flat()) {
      if (!rawValue(raw)!.includes(MARK)) records.push({ topic, partition, ...piped(raw) })
    }
  }
  const driver = new TopologyTestDriver(topology, {
    partitions: PRODUCT_PARTITIONS,
    wallClockMs: clock.now(),
  })
  await driver.pipeBatch(records)
  for (let pass = 0; pass < 4; pass++) await driver.advanceWallClock(250)
  expect(driver.failures).toEqual([])
  const stores = await gatherClusterStores({
    store: (name) => driver.store<never>(name).entries(),
  })
  await driver.close()
  return stores
}

function piped(raw: RawRecord): PipedRecord {
  const { timestampMs } = raw
  return { key: rawKey(raw), value: rawValue(raw), timestampMs, appendTimeMs: timestampMs }
}

/** All but history: events so far, why somebody is a member, which of the holders is at hand. */
function present(stores: ClusterStores) {
  const rows = <V>(of: ReadonlyMap<string, V>, show: (row: V) => unknown = (row) => row) =>
    new Map([...of].map(([key, row]) => [key, show(row)]))
  const living = [...stores.campaigns].filter(([, { mergedInto }]) => mergedInto === null)
  return {
    profiles: rows(stores.profiles),
    links: rows(stores.links),
    members: rows(stores.members, ({ firstSeen }) => firstSeen),
    clustered: rows(stores.clustered),
    evidence: rows(stores.evidence, ({ holders }) => holders),
    identities: rows(stores.identities, (row) => ({ ...row, events: 0 })),
    campaigns: rows(new Map(living), (row) => ({ ...row, updatedTs: 0 })),
    campaignMembers: rows(stores.campaignMembers),
    ties: rows(stores.ties),
  }
}

/** Times that the sides were one identity, in all schedules. */
let joined = 0

async function play(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const load = bridgedLoad(random)
  const { evidence, world } = await playAlone({ seed, random, topology, genericLimit, load })
  joined += evidence.news.filter(({ record }) => record === 'identity-unmerged').length
  expect(present(evidence.stores)).toEqual(present(await neverJoined(world)))
  await world.shutDown()
}

describe('identities that were merged and un-merged under crashes', () => {
  it(`are as if they had never been one, over ${SCHEDULES} seeded schedules`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
      try {
        await play(seed)
      } catch (error) {
        throw new Error(`seed ${seed} (SIMULATION_SEED=${seed} SIMULATION_SCHEDULES=1)`, {
          cause: error,
        })
      }
    }
    if (SCHEDULES >= 5) expect(joined).toBeGreaterThan(SCHEDULES)
  }, 1_800_000)
})
