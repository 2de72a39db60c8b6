import { describe, expect, it } from 'vitest'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { IngestService } from '../../runtime/ingest-service.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import type { EvidenceGeneric } from '../../schemas/cluster-records.ts'
import type { ClusterEvidence } from '../support/clusters/cluster-evidence.ts'
import { numberedProduct } from '../support/clusters/numbered-product.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { MemberGroup } from './member-group.ts'
import {
  append,
  judgeProduct,
  Killer,
  type Load,
  playAlone,
  type PlayOptions,
  portionOf,
  PRODUCT_TOPICS,
} from './product-play.ts'
import { RandomIntrusions } from './random-intrusions.ts'
import { seededRandom } from './random.ts'

/** Each plays the whole product, and costs several of the siblings'. */
const SCHEDULES = Math.ceil(Number(process.env['SIMULATION_SCHEDULES'] ?? 96) / 4)
const FIRST_SEED = Number(process.env['SIMULATION_SEED'] ?? 1)

/** Of the second, two or more still hold what becomes specific again. */
const GENERIC_LIMITS = [2, 5, 1_000]
const products = GENERIC_LIMITS.map((genericLimit) => {
  return { genericLimit, topology: numberedProduct(genericLimit) }
})

/** What all schedules together came to: a property of nothing proves nothing. */
const came = new Map<string, number>()

function note(what: string, by = 1): void {
  came.set(what, (came.get(what) ?? 0) + by)
}

function noteNews({ news }: ClusterEvidence): void {
  for (const { record, value } of news) {
    if (record === 'evidence-generic') note(`generic ${(value as EvidenceGeneric).generic}`)
    else note(record)
  }
}

async function alone(options: PlayOptions): Promise<void> {
  const { evidence, world } = await playAlone(options)
  noteNews(evidence)
  note('crash', world.crashes)
  await world.shutDown()
}

/** Members that come, leave, and are killed at crash points and between; the log lives on. */
async function together(options: PlayOptions): Promise<void> {
  const { genericLimit, load, random, seed, topology } = options
  const clock = new ManualClock()
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase(), clock })
  const killer = new Killer(seed, random, Math.floor(random() * 3))
  const group = new MemberGroup({
    broker,
    clock,
    random,
    topology: () => topology,
    topics: PRODUCT_TOPICS,
    crashAt: killer.crashAt,
  })
  const ingest = new IngestService(broker)
  await group.until('all topics are there', () => {
    if (group.alive.length === 0) {
      group.members.clear()
      group.join('m0')
    }
    return group.alive[0]?.instance.state === 'running'
  })
  for (let sent = 0; sent < load.records;) {
    const records = portionOf(load, random, clock.now())
    sent += records.length
    await append(ingest, records)
    await clock.advance(Math.floor(random() * 120))
    await disturb(group, random, clock)
  }
  killer.stop()
  await clock.advance(50_000)
  for (const [name, { isDead }] of group.members) if (isDead) group.members.delete(name)
  if (group.alive.length === 0) group.join('m9')
  await append(ingest, load.last(clock.now()))
  let quiet = 0
  await group.until('quiet', () => (quiet = group.isQuiet() ? quiet + 1 : 0) > 10)
  const instances = group.alive.map(({ instance }) => instance)
  noteNews(await judgeProduct(broker, instances, genericLimit))
  note('death of a member', group.deaths)
  if (instances.filter(({ runners }) => runners.size > 0).length > 1) note('several members')
}

async function disturb(group: MemberGroup, random: () => number, clock: ManualClock) {
  const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)]!
  // The machine of one that died may come back.
  for (const [name, { isDead }] of group.members) {
    if (isDead && random() < 0.5) group.members.delete(name)
  }
  const chance = random()
  const name = `m${Math.floor(random() * 3)}`
  if (group.alive.length === 0 || chance < 0.15) {
    if (!group.members.has(name)) group.join(name)
  } else if (chance < 0.2 && group.alive.length > 1) group.leave(pick(group.alive))
  else if (chance < 0.25 && group.alive.length > 1) {
    group.kill(pick(group.alive))
    if (random() < 0.3) await clock.advance(50_000)
  }
}

function randomLoad(random: () => number): Load {
  const intrusions = new RandomIntrusions(random)
  return {
    records: 150,
    next: (nowMs) => intrusions.next(nowMs),
    last: (nowMs) => intrusions.resume(nowMs),
  }
}

describe('identities and campaigns under crashes', () => {
  it(`equal those from scratch over ${SCHEDULES} seeded schedules`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
      const random = seededRandom(seed)
      const product = products[seed % products.length]!
      const play = Math.floor(seed / products.length) % 3 === 2 ? together : alone
      try {
        await play({ seed, random, ...product, load: randomLoad(random) })
      } catch (error) {
        throw new Error(`seed ${seed} (SIMULATION_SEED=${seed} SIMULATION_SCHEDULES=1)`, {
          cause: error,
        })
      }
    }
    if (SCHEDULES < 20) return
    const merges = ['identity-merged', 'identity-unmerged', 'campaign-merged', 'campaign-unmerged']
    const generic = ['generic true', 'generic false']
    for (const what of [...merges, ...generic, 'death of a member', 'several members']) {
      expect([what, came.get(what)]).not.toEqual([what, undefined])
    }
    expect(came.get('crash')).toBeGreaterThan(SCHEDULES)
  }, 1_800_000)
})
