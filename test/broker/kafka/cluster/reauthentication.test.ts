import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../../../broker/clock.ts'
import { FatalBrokerError } from '../../../../broker/errors.ts'
import { KafkaCluster } from '../../../../broker/kafka/cluster/kafka-cluster.ts'
import { clusterSettings } from '../../../../broker/kafka/kafka-options.ts'
import { metadata } from '../../../../broker/kafka/wire/metadata.ts'
import { startJavaKafka } from '../../../support/kafka/java-kafka.ts'
import { describeKafka } from '../../../support/kafka/kafka-availability.ts'
import type { RunningKafka } from '../../../support/kafka/running-kafka.ts'

const password = 'alice-secret'

await describeKafka('a broker that wants a new authentication every 2 seconds', () => {
  let kafka: RunningKafka
  beforeAll(async () => {
    const users = `user_alice="${password}"`
    kafka = await startJavaKafka({
      listeners: [{ name: 'SASL_PLAINTEXT' }],
      properties: {
        'listener.name.sasl_plaintext.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.sasl_plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`,
        'connections.max.reauth.ms': '2000',
      },
    })
  }, 120_000)
  afterAll(async () => {
    await kafka.dispose()
  })

  const connect = (listener: string): Promise<KafkaCluster> =>
    KafkaCluster.connect(
      clusterSettings({
        bootstrapServers: [kafka.address(listener)],
        clientId: 'tester',
        security: {
          protocol: 'SASL_PLAINTEXT',
          sasl: { mechanism: 'PLAIN', username: 'alice', password },
        },
        requestTimeoutMs: 5_000,
        clock: systemClock,
      }),
    )

  it('answers every call before and after, on connections made anew in time', async () => {
    const cluster = await connect('SASL_PLAINTEXT')
    const lane = cluster.lane(1, 'control')
    const until = performance.now() + 5_000
    while (performance.now() < until) {
      const together = Array.from({ length: 20 }, () => lane.call(metadata, { topics: [] }))
      for (const { brokers } of await Promise.all(together)) expect(brokers).toHaveLength(1)
    }
    await cluster.close()
  })

  it('is not taken for one that refuses the password where its listener has no SASL', async () => {
    const refused = connect('PLAINTEXT')
    await expect(refused).rejects.toThrow(FatalBrokerError)
    await expect(refused).rejects.toThrow(/no SASL: SECURITY_PROTOCOL is SASL_PLAINTEXT/)
  })
})
