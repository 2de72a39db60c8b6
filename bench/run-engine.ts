/**
 * Processes what a log holds and prints one JSON line of measurements:
 * `run-engine <state dir> <input> <records> [profile]`
 */
import { Registry } from 'prom-client'
import { startEngine, type Engine } from '../cli/engine.ts'
import { PUBLIC_TOPICS } from '../schemas/topics.ts'
import { benchConfig, silentEvents, type Input } from './bench-config.ts'
import { withCpuShares, type CpuShares } from './cpu-share.ts'

const [stateDir = '', input = '', expected = '0', mode = ''] = process.argv.slice(2)

const records = Number(expected)
const startedMs = performance.now()
const engine = await startEngine({
  config: benchConfig(stateDir),
  events: silentEvents,
  metrics: new Registry(),
})
await until(() => tasks(engine).every(({ state }) => state === 'running'))
const restoredMs = performance.now() - startedMs
const restored = tasks(engine).reduce(
  (sum, task) => sum + (task.restoreProgress?.restoredRecords ?? 0),
  0,
)

const cpuBefore = process.cpuUsage()
const beforeMs = performance.now()
let shares: CpuShares = new Map()
const finished = () => until(() => inputDone(engine) && isQuiet(engine))
if (mode === 'profile') shares = await withCpuShares(finished)
else await finished()
const elapsedS = (performance.now() - beforeMs) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const cpuS = (user + system) / 1e6
const peakMiB = process.resourceUsage().maxRSS / 1024
await engine.close()
console.log(
  JSON.stringify({
    records,
    elapsedS,
    cpuS,
    recordsPerSecond: records / elapsedS,
    recordsPerCpuSecond: records / cpuS,
    peakMiB,
    restoredOffsets: restored,
    restoredMs,
    shares: Object.fromEntries(shares),
  }),
)

function tasks({ instance }: Engine) {
  return [...instance.runners.values()].map(({ task }) => task)
}

/** The log was filled without transactions, so its offsets count records. */
function inputDone(running: Engine): boolean {
  const queues = tasks(running).flatMap((task) => task.queues)
  const own = queues.filter(({ topic }) => topic === PUBLIC_TOPICS[input as Input])
  return own.reduce((sum, { nextOffset }) => sum + nextOffset, 0) >= records
}

function isQuiet(running: Engine): boolean {
  return tasks(running).every((task) => !task.isDirty && task.position().lag === 0)
}

async function until(condition: () => boolean): Promise<void> {
  let held = 0
  while (held < 3) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    held = condition() ? held + 1 : 0
  }
}
