import { describe, expect, it } from 'vitest'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { IngestService } from '../../runtime/ingest-service.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { judgeCounting } from './counting-judge.ts'
import { countingTopology } from './counting-topology.ts'
import { MemberGroup } from './member-group.ts'
import { seededRandom } from './random.ts'

const SCHEDULES = Number(process.env['SIMULATION_SCHEDULES'] ?? 60)
const FIRST_SEED = Number(process.env['SIMULATION_SEED'] ?? 1)

const topics = [
  { name: 'in', partitions: 4, config: { timestampType: 'log-append-time' as const } },
  { name: 'out', partitions: 4 },
]

async function play(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)]!
  const clock = new ManualClock()
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase(), clock })
  const group = new MemberGroup({ broker, clock, random, topology: countingTopology, topics })
  const ingest = new IngestService(broker)
  const sent: string[] = []
  group.join('m0')
  await group.until('a member runs', () => group.alive[0]!.instance.state === 'running')
  for (let next = 0; next < 80;) {
    const portion = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
      const text = random() < 0.05 ? 'poison' : `${pick(['a', 'b', 'c', 'd'])}${next++}`
      return { key: pick(['w', 'x', 'y', 'z']), value: Buffer.from(text), timestampMs: clock.now() }
    })
    await ingest.append('in', portion)
    sent.push(...portion.map(({ value }) => value.toString()))
    await clock.advance(Math.floor(random() * 80))
    const chance = random()
    const name = `m${Math.floor(random() * 3)}`
    if (chance < 0.15 && !group.members.has(name)) group.join(name)
    else if (chance < 0.22 && group.alive.length > 1) group.leave(pick(group.alive))
    else if (chance < 0.27 && group.alive.length > 1) {
      const victim = pick(group.alive)
      group.kill(victim)
      // Its session ends, the others take over; its machine may come back later.
      if (random() < 0.5) await clock.advance(50_000)
      group.members.delete(victim.name)
    }
  }
  let quiet = 0
  await group.until('quiet', () => (quiet = group.isQuiet() ? quiet + 1 : 0) > 10)
  const alive = group.alive.map(({ instance }) => instance)
  await judgeCounting(broker, alive, sent)
}

describe('a group whose members come, leave and die', () => {
  it(`loses and doubles nothing over ${SCHEDULES} seeded schedules`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
      try {
        await play(seed)
      } catch (error) {
        throw new Error(`seed ${seed} (SIMULATION_SEED=${seed} SIMULATION_SCHEDULES=1)`, {
          cause: error,
        })
      }
    }
    expect(SCHEDULES).toBeGreaterThan(0)
  }, 600_000)
})
