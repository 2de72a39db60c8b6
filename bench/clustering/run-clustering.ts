/**
 * Processes the profiles that a log holds and prints one JSON line of measurements:
 * `run-clustering <state dir> <profiles> <warm-up state dir> [profile]`
 */
import type { ClusteringFigures } from './clustering-figures.ts'
import { startProduct, sumOf, tasksOf, untilRunning, untilSettled } from './settled-engine.ts'
import { withStageShares } from './stage-share.ts'

const [stateDir = '', expected = '0', warmUpDir = '', mode = ''] = process.argv.slice(2)

// Code is compiled while it runs: without this, few profiles would seem dear and growth cheap.
const warmUp = await startProduct(warmUpDir)
await untilSettled(warmUp)
await warmUp.close()

const profiles = Number(expected)
const engine = await startProduct(stateDir)
await untilRunning(engine)
const cpuBefore = process.cpuUsage()
const startedMs = performance.now()
const shares = await withStageShares(mode === 'profile', () => untilSettled(engine))
const elapsedS = (performance.now() - startedMs) / 1000

function ofNode(node: string, counter: string): number {
  return (engine.instance.counters.get(`${node}/${counter}`) ?? 0) / profiles
}

function diskReadsOf(node: string): number {
  const task = tasksOf(engine).find(({ plan }) =>
    plan.subTopology.processors.some(({ name }) => name === node),
  )
  return (task?.stores?.diskReads ?? 0) / profiles
}

const counted = {
  peakMiB: process.resourceUsage().maxRSS / 1024,
  records: sumOf(engine, (task) => task.processedRecords),
  identifyMisses: ofNode('identify', 'misses'),
  identifyDiskReads: diskReadsOf('identify'),
  campaignMisses: ofNode('campaign', 'misses'),
  campaignDiskReads: diskReadsOf('campaign'),
  deadLetters: sumOf(engine, (task) => task.deadLetterCount),
  stepsFailed: ofNode('identify', 'steps-failed') + ofNode('campaign', 'steps-failed'),
}
// What is not on disk yet is work that was put off: the fewer the profiles, the more of it.
await engine.close()
const { user, system } = process.cpuUsage(cpuBefore)
const figures: ClusteringFigures = {
  profiles,
  profilesPerSecond: profiles / elapsedS,
  cpuMicrosPerProfile: (user + system) / profiles,
  ...counted,
  shares,
}
console.log(JSON.stringify(figures))
