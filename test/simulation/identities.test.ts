import { describe, expect, it } from 'vitest'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import type { Broker } from '../../broker/port.ts'
import type { CrashPoint } from '../../runtime/crash-probe.ts'
import { IngestService } from '../../runtime/ingest-service.ts'
import type { StreamsInstance } from '../../runtime/streams-instance.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { checkStores } from '../support/attribution-oracle.ts'
import { gatherClusters } from '../support/clusters/cluster-evidence.ts'
import { clusterViolations } from '../support/clusters/cluster-oracle.ts'
import { numberedProduct, productTopics } from '../support/clusters/numbered-product.ts'
import { gatherStores } from '../support/evidence.ts'
import { Findings } from '../support/findings.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { leftBehind } from './left-behind.ts'
import { MemberGroup } from './member-group.ts'
import { RandomIntrusions, type Sent } from './random-intrusions.ts'
import { seededRandom } from './random.ts'
import { World } from './world.ts'

const SCHEDULES = Number(process.env['SIMULATION_SCHEDULES'] ?? 24)
const FIRST_SEED = Number(process.env['SIMULATION_SEED'] ?? 1)

const PARTITIONS = 2
const RECORDS = 150
const GENERIC_LIMITS = [2, 3, 1_000]

const products = new Map(GENERIC_LIMITS.map((limit) => [limit, numberedProduct(limit)]))
const topics = productTopics(PARTITIONS)

const points: readonly CrashPoint[] = [
  '1-before-fence',
  '1-after-fence',
  '2-before-restore',
  '2-during-restore',
  '2-after-restore',
  '3-before-process',
  '3-during-process',
  '3-after-send',
  '4-before-commit',
  '4-after-commit',
  '5-after-committed',
  '6-before-checkpoint',
  '6-after-checkpoint',
  'closing',
]

/** What all schedules together came to: a property of nothing proves nothing. */
const came = new Map<string, number>()

function note(what: string, by = 1): void {
  came.set(what, (came.get(what) ?? 0) + by)
}

/** Kills now and then: most at one point, which is the seed's. */
function killer(seed: number, random: () => number, times: number) {
  const target = points[seed % points.length]
  let left = times
  return {
    crashAt: (point: CrashPoint): boolean => {
      if (left === 0 || random() > (point === target ? 0.1 : 0.003)) return false
      left--
      note(`crash ${point}`)
      return true
    },
    stop: () => {
      left = 0
    },
  }
}

async function append(ingest: IngestService, sent: readonly Sent[]): Promise<void> {
  for (const topic of new Set(sent.map((each) => each.topic))) {
    const records = sent.filter((each) => each.topic === topic).map(({ record }) => record)
    await ingest.append(topic, records)
  }
}

function portion(random: () => number, next: () => Sent): Sent[] {
  return Array.from({ length: 1 + Math.floor(random() * 8) }, next)
}

async function judge(
  broker: Broker,
  instances: readonly StreamsInstance[],
  genericLimit: number,
): Promise<void> {
  const evidence = await gatherClusters(leftBehind(broker, instances))
  const findings = new Findings()
  checkStores(await gatherStores('sim', broker, instances), findings)
  for (const [counter, count] of instances.flatMap(({ counters }) => [...counters])) {
    if (/(^|\/)(errors|steps-failed)$/.test(counter)) findings.add(`${counter}: ${count}`)
  }
  expect([...findings.list, ...clusterViolations(evidence, genericLimit)]).toEqual([])
  for (const { record } of evidence.news) note(record)
}

/** One member, killed at crash points, on a log that dies with it. */
async function playAlone(seed: number, genericLimit: number): Promise<void> {
  const random = seededRandom(seed)
  const intrusions = new RandomIntrusions(random)
  const { crashAt, stop } = killer(seed, random, 1 + Math.floor(random() * 4))
  const world = new World({ topology: products.get(genericLimit)!, topics, random, crashAt })
  for (let sent = 0; sent < RECORDS || world.life === null;) {
    if (world.life === null) await world.boot()
    await world.step(Math.floor(random() * 120))
    if (world.life?.instance.state !== 'running') continue
    const now = world.clock.now()
    const records = portion(random, () => intrusions.next(now))
    sent += records.length
    append(world.life.ingest, records).catch(() => undefined)
    await world.step(5)
    if (random() < 0.02) world.crash()
  }
  stop()
  let isResumed = false
  void append(world.life.ingest, intrusions.resume(world.clock.now())).then(() => {
    isResumed = true
  })
  await world.until('resumed', () => isResumed)
  let quiet = 0
  await world.until('quiet', () => (quiet = world.isQuiet() ? quiet + 1 : 0) > 10)
  const { broker, instance } = world.life
  await judge(broker, [instance], genericLimit)
  note('crash', world.crashes)
  await world.shutDown()
}

/** Members that come, leave, and are killed at crash points and between; the log lives on. */
async function playTogether(seed: number, genericLimit: number): Promise<void> {
  const random = seededRandom(seed)
  const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)]!
  const clock = new ManualClock()
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase(), clock })
  const topology = () => products.get(genericLimit)!
  const { crashAt, stop } = killer(seed, random, Math.floor(random() * 3))
  const group = new MemberGroup({ broker, clock, random, topology, topics, crashAt })
  const ingest = new IngestService(broker)
  const intrusions = new RandomIntrusions(random)
  group.join('m0')
  await group.until('all topics are there', () => {
    if (group.alive.length === 0) group.members.delete('m0')
    if (!group.members.has('m0')) group.join('m0')
    return group.alive[0]!.instance.state === 'running'
  })
  for (let sent = 0; sent < RECORDS;) {
    const records = portion(random, () => intrusions.next(clock.now()))
    sent += records.length
    await append(ingest, records)
    await clock.advance(Math.floor(random() * 120))
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
  stop()
  await clock.advance(50_000)
  for (const [name, { isDead }] of group.members) if (isDead) group.members.delete(name)
  if (group.alive.length === 0) group.join('m9')
  await append(ingest, intrusions.resume(clock.now()))
  let quiet = 0
  await group.until('quiet', () => (quiet = group.isQuiet() ? quiet + 1 : 0) > 10)
  const instances = group.alive.map(({ instance }) => instance)
  await judge(broker, instances, genericLimit)
  note('death of a member', group.deaths)
  if (instances.filter(({ runners }) => runners.size > 0).length > 1) note('several members')
}

describe('identities and campaigns under crashes', () => {
  it(`equal those from scratch over ${SCHEDULES} seeded schedules`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
      const genericLimit = GENERIC_LIMITS[seed % GENERIC_LIMITS.length]!
      const play = Math.floor(seed / GENERIC_LIMITS.length) % 3 === 2 ? playTogether : playAlone
      try {
        await play(seed, genericLimit)
      } catch (error) {
        throw new Error(`seed ${seed} (SIMULATION_SEED=${seed} SIMULATION_SCHEDULES=1)`, {
          cause: error,
        })
      }
    }
    if (SCHEDULES < 20) return
    const news = ['identity-merged', 'identity-unmerged', 'evidence-generic', 'campaign-merged']
    for (const what of [...news, 'campaign-unmerged', 'death of a member', 'several members']) {
      expect([what, came.get(what)]).not.toEqual([what, undefined])
    }
    expect(came.get('crash')).toBeGreaterThan(SCHEDULES)
  }, 1_800_000)
})
