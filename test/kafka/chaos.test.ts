import { expect, it } from 'vitest'
import { runChaos } from '../support/chaos/chaos-run.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { startKafka } from '../support/kafka/start-kafka.ts'

/** The short form of `npm run chaos`: one broker, a minute. */
await describeKafka('instances that are killed, frozen and restarted', () => {
  it('leave what the plain fold of their input says, read by another client', async () => {
    const kafka = await startKafka({ properties: { 'group.min.session.timeout.ms': '1000' } })
    try {
      const result = await runChaos({
        bootstrapServers: kafka.bootstrapServers,
        seed: 1,
        records: 20_000,
        attackers: 400,
        durationMs: 20_000,
        partitions: 4,
        members: 3,
        numStandbyReplicas: 1,
        wanted: { kills: 3, zombies: 1, restarts: 1, departures: 1 },
        faultIntervalMs: 3_000,
      })
      expect(result.violations.slice(0, 5)).toEqual([])
      expect(result.inputs).toBeGreaterThanOrEqual(20_000)
      expect(result.outputs).toBeGreaterThan(1_000)
      expect(result.statuses.get('200')).toBeGreaterThan(0)
    } finally {
      await kafka.dispose()
    }
  }, 300_000)
})
