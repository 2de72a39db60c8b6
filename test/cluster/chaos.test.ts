import { expect, it } from 'vitest'
import { seededRandom } from '../simulation/random.ts'
import { BrokerFaults } from '../support/chaos/broker-faults.ts'
import { runChaos } from '../support/chaos/chaos-run.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { startKafkaCluster } from '../support/kafka/start-kafka-cluster.ts'

/** The short form of `npm run chaos` with brokers that die too. */
await describeKafka('instances and brokers that are killed', () => {
  it('leave what the plain fold of their input says, read by another client', async () => {
    const cluster = await startKafkaCluster()
    try {
      const faults = new BrokerFaults({
        cluster,
        random: seededRandom(2),
        wanted: 3,
        intervalMs: 2_000,
        onFault: () => undefined,
      })
      const result = await runChaos({
        bootstrapServers: cluster.bootstrapServers,
        seed: 2,
        records: 20_000,
        attackers: 400,
        durationMs: 30_000,
        partitions: 4,
        members: 3,
        numStandbyReplicas: 1,
        wanted: { kills: 2, zombies: 1, restarts: 1, departures: 0 },
        faultIntervalMs: 5_000,
        brokerFaults: (isOver, applicationId) => faults.run(isOver, applicationId),
      })
      expect(result.violations.slice(0, 5)).toEqual([])
      expect(result.outputs).toBeGreaterThan(1_000)
      expect(faults.kills).toBeGreaterThanOrEqual(3)
    } finally {
      await cluster.dispose()
    }
  }, 400_000)
})
