import { describe, expect, it } from 'vitest'
import { seededRandom } from '../simulation/random.ts'
import { BrokerFaults } from '../support/chaos/broker-faults.ts'
import { runChaos, type ChaosOptions, type ChaosResult } from '../support/chaos/chaos-run.ts'
import { startKafkaCluster } from '../support/kafka/start-kafka-cluster.ts'
import { startKafka } from '../support/kafka/start-kafka.ts'

/** `npm run chaos`: the long form. `CHAOS_RECORDS` and `CHAOS_SEED` change its size and schedule. */
const RECORDS = Number(process.env['CHAOS_RECORDS'] ?? 1_000_000)
const SEED = Number(process.env['CHAOS_SEED'] ?? 1)
const TIMEOUT_MS = 60 * 60 * 1000

const say = (text: string): void => {
  console.log(`${new Date().toISOString().slice(11, 19)} ${text}`)
}

const options: Omit<ChaosOptions, 'bootstrapServers'> = {
  seed: SEED,
  records: RECORDS,
  attackers: Math.ceil(RECORDS / 50),
  durationMs: RECORDS / 5,
  partitions: 8,
  members: 3,
  numStandbyReplicas: 1,
  wanted: { kills: 20, zombies: 3, restarts: 5, departures: 2 },
  faultIntervalMs: 4_000,
  onProgress: say,
}

function judge(result: ChaosResult): void {
  const { faults, statuses, violations, ...rest } = result
  const refused = [...statuses].filter(([kind]) => kind.startsWith('503'))
  const refusals = refused.reduce((sum, [, count]) => sum + count, 0)
  say(JSON.stringify({ ...faults, ...rest, answers: statuses.get('200'), refusals }))
  expect(violations.slice(0, 10)).toEqual([])
  expect(result.inputs).toBeGreaterThanOrEqual(RECORDS)
  expect(result.statuses.get('200')).toBeGreaterThan(0)
}

describe('a long run with faults', { timeout: TIMEOUT_MS }, () => {
  it('on one broker: instances are killed, frozen, restarted, and stay away', async () => {
    const kafka = await startKafka({})
    try {
      judge(await runChaos({ ...options, bootstrapServers: kafka.bootstrapServers }))
    } finally {
      await kafka.dispose()
    }
  })

  it('on three brokers: coordinators and leaders are killed as well', async () => {
    const cluster = await startKafkaCluster()
    const random = seededRandom(SEED)
    const faults = new BrokerFaults({
      cluster,
      random,
      wanted: 5,
      intervalMs: 15_000,
      onFault: say,
    })
    try {
      const result = await runChaos({
        ...options,
        bootstrapServers: cluster.bootstrapServers,
        records: Math.ceil(RECORDS / 4),
        durationMs: RECORDS / 5,
        wanted: { kills: 5, zombies: 1, restarts: 2, departures: 1 },
        faultIntervalMs: 12_000,
        brokerFaults: (isOver, applicationId) => faults.run(isOver, applicationId),
      })
      judge({ ...result, inputs: result.inputs * 4 })
      expect(faults.kills).toBeGreaterThanOrEqual(5)
    } finally {
      await cluster.dispose()
    }
  })
})
