/**
 * Lets the number of attackers grow, and measures what more of them cost at some points; prints one
 * JSON line: `run-clustering <state dir> <seed> <profile or -> <attackers…>`
 */
import { benchConfig } from '../bench-config.ts'
import type { ClusteringFigures, CostFigures } from './clustering-figures.ts'
import { ProfileFeed } from './profile-feed.ts'
import { ProfileWorkload } from './profile-workload.ts'
import {
  REST_MS,
  startProduct,
  sumOf,
  tasksOf,
  untilRunning,
  untilSettled,
} from './settled-engine.ts'
import { withStageShares } from './stage-share.ts'

const [stateDir = '', seed = '1', mode = '', ...populations] = process.argv.slice(2)

/** So many that checkpoints, flushes and merges have their part, so few that n hardly changes. */
const MEASURED_PROFILES = 30_000

const engine = await startProduct(stateDir)
await untilRunning(engine)
const attackersMax = Math.max(...populations.map(Number)) + MEASURED_PROFILES
const workload = new ProfileWorkload(attackersMax, Number(seed))
const feed = new ProfileFeed(engine, workload, benchConfig(stateDir).partitions)

function countOf(node: string, counter: string): number {
  return engine.instance.counters.get(`${node}/${counter}`) ?? 0
}

function diskReadsOf(node: string): number {
  const task = tasksOf(engine).find(({ plan }) =>
    plan.subTopology.processors.some(({ name }) => name === node),
  )
  return task?.stores?.diskReads ?? 0
}

function counts() {
  const { system, user } = process.cpuUsage()
  return {
    cpuMicros: user + system,
    atMs: performance.now(),
    identifyMisses: countOf('identify', 'misses'),
    identifyDiskReads: diskReadsOf('identify'),
    campaignMisses: countOf('campaign', 'misses'),
    campaignDiskReads: diskReadsOf('campaign'),
  }
}

async function measure(): Promise<CostFigures> {
  const attackers = feed.sentProfiles
  const prepared = feed.prepare(MEASURED_PROFILES)
  const before = counts()
  const shares = await withStageShares(mode === 'profile', async () => {
    await feed.send(prepared)
    await untilSettled(engine)
  })
  const after = counts()
  const each = (of: keyof typeof after) => (after[of] - before[of]) / MEASURED_PROFILES
  return {
    attackers,
    profilesPerSecond: (1_000 * MEASURED_PROFILES) / (after.atMs - before.atMs - REST_MS),
    cpuMicrosPerProfile: each('cpuMicros'),
    identifyMisses: each('identifyMisses'),
    identifyDiskReads: each('identifyDiskReads'),
    campaignMisses: each('campaignMisses'),
    campaignDiskReads: each('campaignDiskReads'),
    shares,
  }
}

const startedMs = performance.now()
const costs: CostFigures[] = []
for (const population of populations) {
  await feed.sendUntil(Number(population))
  await untilSettled(engine)
  costs.push(await measure())
}
const elapsedS = (performance.now() - startedMs) / 1000
const profiles = feed.sentProfiles
const counted = {
  records: sumOf(engine, (task) => task.processedRecords),
  deadLetters: sumOf(engine, (task) => task.deadLetterCount),
  stepsFailed: countOf('identify', 'steps-failed') + countOf('campaign', 'steps-failed'),
}
await feed.close()
await engine.close()
const { system, user } = process.cpuUsage()
const figures: ClusteringFigures = {
  costs,
  profiles,
  profilesPerSecond: profiles / elapsedS,
  cpuMicrosPerProfile: (user + system) / profiles,
  peakMiB: process.resourceUsage().maxRSS / 1024,
  ...counted,
}
console.log(JSON.stringify(figures))
