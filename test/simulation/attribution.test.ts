import { describe, expect, it } from 'vitest'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import { attributionTopology } from '../../topology/attribution/attribution-topology.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { violations } from '../support/attribution-oracle.ts'
import { gatherEvidence } from '../support/evidence.ts'
import { RandomObservations } from './random-observations.ts'
import { seededRandom } from './random.ts'
import { World } from './world.ts'

const SCHEDULES = Number(process.env['SIMULATION_SCHEDULES'] ?? 60)
const FIRST_SEED = Number(process.env['SIMULATION_SEED'] ?? 1)

const topology = attributionTopology({
  outputFormat: 'avro',
  registry: new InProcessRegistry(),
}).build()

const input = { timestampType: 'log-append-time' as const }
const topics = [
  { name: PUBLIC_TOPICS.observation, partitions: 2, config: input },
  { name: PUBLIC_TOPICS['attacker-profile'], partitions: 2, config: input },
  { name: PUBLIC_TOPICS['identity-observation'], partitions: 2, config: input },
  { name: PUBLIC_TOPICS['identity-link'], partitions: 2, config: input },
  { name: PUBLIC_TOPICS['state-changed'], partitions: 2 },
  { name: PUBLIC_TOPICS['multi-actor-suspected'], partitions: 2 },
  { name: PUBLIC_TOPICS['multi-actor-cleared'], partitions: 2 },
]

async function play(seed: number): Promise<{ crashes: number; transitions: number }> {
  const random = seededRandom(seed)
  const observations = new RandomObservations(random)
  let crashesLeft = 1 + Math.floor(random() * 4)
  const world = new World({
    topology,
    topics,
    random,
    crashAt: () => {
      if (crashesLeft === 0 || random() > 0.01) return false
      crashesLeft--
      return true
    },
  })
  const acknowledged = new Set<string>()
  for (let sent = 0; sent < 120 || world.life === null;) {
    if (world.life === null) await world.boot()
    await world.step(Math.floor(random() * 60))
    if (world.life?.instance.state !== 'running') continue
    const portion = Array.from({ length: 1 + Math.floor(random() * 8) }, () =>
      observations.next(world.clock.now()),
    )
    sent += portion.length
    const records = portion.map(({ record }) => record)
    world.life.ingest.append(PUBLIC_TOPICS.observation, records).then(
      () => {
        for (const { id } of portion) if (id !== null) acknowledged.add(id)
      },
      () => undefined,
    )
    await world.step(5)
  }
  crashesLeft = 0
  let quiet = 0
  await world.until('quiet', () => (quiet = world.isQuiet() ? quiet + 1 : 0) > 10)
  const { broker, instance } = world.life
  const evidence = await gatherEvidence('sim', broker, instance, acknowledged)
  expect(violations(evidence, stubIdentity)).toEqual([])
  await world.shutDown()
  const changes = evidence.outputs.flat().filter(({ topic }) => topic === 'state_changed')
  return { crashes: world.crashes, transitions: changes.length }
}

describe('attribution under crashes', () => {
  it(`equals the plain fold of its input over ${SCHEDULES} seeded schedules`, async () => {
    let crashes = 0
    let transitions = 0
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
      try {
        const run = await play(seed)
        crashes += run.crashes
        transitions += run.transitions
      } catch (error) {
        throw new Error(`seed ${seed} (SIMULATION_SEED=${seed} SIMULATION_SCHEDULES=1)`, {
          cause: error,
        })
      }
    }
    if (SCHEDULES >= 20) {
      expect(crashes).toBeGreaterThan(SCHEDULES)
      expect(transitions).toBeGreaterThan(SCHEDULES * 10)
    }
  }, 900_000)
})
