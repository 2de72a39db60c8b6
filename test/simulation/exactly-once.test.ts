import { describe, expect, it } from 'vitest'
import { CRASH_POINTS, type CrashPoint } from '../../runtime/crash-probe.ts'
import { FAULTS_OF_STEP, type TransactionFault } from './faulty-broker.ts'
import { judgeCounting } from './counting-judge.ts'
import { countingTopology } from './counting-topology.ts'
import { seededRandom } from './random.ts'
import { World } from './world.ts'

const SCHEDULES = Number(process.env['SIMULATION_SCHEDULES'] ?? 150)
const FIRST_SEED = Number(process.env['SIMULATION_SEED'] ?? 1)

const topics = [
  { name: 'in', partitions: 2, config: { timestampType: 'log-append-time' as const } },
  { name: 'out', partitions: 2 },
]

interface Run {
  readonly world: World
  readonly sent: string[]
  readonly reached: Map<CrashPoint, number>
  readonly faults: Map<TransactionFault, number>
}

/** Sends random records in small portions while the program is killed now and then. */
async function play(seed: number): Promise<Run> {
  const random = seededRandom(seed)
  const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)]!
  const reached = new Map<CrashPoint, number>()
  const target = CRASH_POINTS[seed % CRASH_POINTS.length]!
  const faults = new Map<TransactionFault, number>()
  let crashesLeft = Math.floor(random() * 4)
  let faultsLeft = Math.floor(random() * 4)
  const world = new World({
    topology: countingTopology(),
    topics,
    random,
    crashAt: (point) => {
      const likely = point === target ? 0.5 : 0.01
      if (crashesLeft === 0 || random() > likely) return false
      crashesLeft--
      reached.set(point, (reached.get(point) ?? 0) + 1)
      return true
    },
    faultFor: (step) => {
      const likely = step === 'verdict' ? 0.5 : 0.05
      if (faultsLeft === 0 || random() > likely) return null
      faultsLeft--
      const fault = pick(FAULTS_OF_STEP[step])
      faults.set(fault, (faults.get(fault) ?? 0) + 1)
      return fault
    },
  })
  const sent: string[] = []
  let next = 0
  while (next < 60 || world.life === null) {
    if (world.life === null) await world.boot()
    await world.step(Math.floor(random() * 60))
    const portion = Array.from({ length: Math.floor(random() * 6) }, () => {
      const text = random() < 0.05 ? 'poison' : `${pick(['a', 'b', 'c'])}${next++}`
      return {
        key: pick(['x', 'y', 'z']),
        value: Buffer.from(text),
        timestampMs: world.clock.now(),
      }
    })
    if (world.life?.instance.state !== 'running' || portion.length === 0) continue
    let isAcknowledged = false as boolean
    const append = world.life.ingest.append('in', portion)
    append.then(
      () => {
        isAcknowledged = true
      },
      () => undefined,
    )
    await world.step(5)
    if (isAcknowledged) sent.push(...portion.map(({ value }) => value.toString()))
  }
  crashesLeft = faultsLeft = 0
  let quiet = 0
  await world.until('quiet', () => (quiet = world.isQuiet() ? quiet + 1 : 0) > 10)
  return { world, sent, reached, faults }
}

describe('exactly-once under crashes', () => {
  it(`holds over ${SCHEDULES} seeded schedules that kill the program at every point`, async () => {
    const reached = new Map<string, number>()
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
      try {
        const run = await play(seed)
        await judgeCounting(run.world.life!.broker, [run.world.life!.instance], run.sent)
        for (const [point, count] of [...run.reached, ...run.faults]) {
          reached.set(point, (reached.get(point) ?? 0) + count)
        }
        await run.world.shutDown()
      } catch (error) {
        throw new Error(`seed ${seed} (SIMULATION_SEED=${seed} SIMULATION_SCHEDULES=1)`, {
          cause: error,
        })
      }
    }
    const wanted = [...CRASH_POINTS, ...Object.values(FAULTS_OF_STEP).flat()]
    const missed = wanted.filter((point) => point !== 'closing' && !reached.has(point))
    if (SCHEDULES >= 100) expect(missed).toEqual([])
  }, 600_000)
})
