import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../../../broker/clock.ts'
import { FatalBrokerError, RetriableError } from '../../../../broker/errors.ts'
import { KafkaCluster } from '../../../../broker/kafka/cluster/kafka-cluster.ts'
import { clusterSettings } from '../../../../broker/kafka/kafka-options.ts'
import type { SaslCredentials, Security } from '../../../../broker/kafka/transport/security.ts'
import { metadata } from '../../../../broker/kafka/wire/metadata.ts'
import { startJavaKafka } from '../../../support/kafka/java-kafka.ts'
import type { RunningKafka } from '../../../support/kafka/running-kafka.ts'
import { describeKafka } from '../../../support/kafka/kafka-availability.ts'
import {
  plainUsers,
  scramUser,
  type SecureKafka,
  startSecureKafka,
} from '../../../support/kafka/start-secure-kafka.ts'

const alice: SaslCredentials = {
  mechanism: 'PLAIN',
  username: 'alice',
  password: plainUsers.alice,
}

await describeKafka('a secured broker', () => {
  let secure: SecureKafka
  beforeAll(async () => {
    secure = await startSecureKafka()
  }, 120_000)
  afterAll(async () => {
    await secure.dispose()
  })

  const connect = async (listener: string, security: Security): Promise<readonly number[]> => {
    const cluster = await KafkaCluster.connect(
      clusterSettings({
        bootstrapServers: [secure.kafka.address(listener)],
        clientId: 'tester',
        security,
        requestTimeoutMs: 5_000,
        clock: systemClock,
      }),
    )
    try {
      // Over the lanes to the advertised address, which authenticate anew.
      await cluster.metadata([])
      return cluster.nodeIds
    } finally {
      await cluster.close()
    }
  }

  const trusted = (sasl: SaslCredentials): Security => ({
    protocol: 'SASL_SSL',
    sasl,
    ssl: { ca: secure.certificates.authority },
  })

  it('lets in who knows the password, by PLAIN', async () => {
    expect(await connect('SASL_SSL', trusted(alice))).toEqual([1])
  })

  it.each(['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('lets in by %s', async (mechanism) => {
    expect(await connect('SCRAM', trusted({ mechanism, ...scramUser }))).toEqual([1])
  })

  it.each([
    ['SASL_SSL', { ...alice, password: 'guessed-secret' }],
    ['SCRAM', { ...scramUser, mechanism: 'SCRAM-SHA-256', password: 'guessed-secret' }],
    ['SCRAM', { ...scramUser, mechanism: 'SCRAM-SHA-512', username: 'nobody' }],
  ] as [string, SaslCredentials][])(
    'refuses wrong credentials on %s, and the message holds no secret',
    async (listener, credentials) => {
      const refused = connect(listener, trusted(credentials))
      await expect(refused).rejects.toThrow(FatalBrokerError)
      await expect(refused).rejects.toThrow(/SASL_USERNAME and SASL_PASSWORD/)
      await expect(refused).rejects.not.toThrow(credentials.password)
    },
  )

  it('names the mechanism when the listener does not have it', async () => {
    const refused = connect('SCRAM', trusted(alice))
    await expect(refused).rejects.toThrow(FatalBrokerError)
    await expect(refused).rejects.toThrow(/SASL_MECHANISM \(PLAIN\)/)
  })

  it('is not trusted with a certificate that has expired', async () => {
    const refused = connect('EXPIRED', trusted(alice))
    await expect(refused).rejects.toThrow(FatalBrokerError)
    await expect(refused).rejects.toThrow(/certificate has expired/)
  })

  it('is not trusted when another authority signed its certificate', async () => {
    const ca = secure.certificates.strangerAuthority
    for (const ssl of [{ ca }, {}]) {
      const refused = connect('SASL_SSL', { protocol: 'SASL_SSL', sasl: alice, ssl })
      await expect(refused).rejects.toThrow(FatalBrokerError)
      await expect(refused).rejects.toThrow(/not trusted: set SSL_CA/)
    }
  })

  it.each([
    ['PLAINTEXT', 'SASL_SSL'],
    ['SASL_PLAINTEXT', 'SASL_SSL'],
    ['SASL_SSL', 'PLAINTEXT'],
    ['SSL', 'PLAINTEXT'],
    ['SSL', 'SASL_SSL'],
  ] as const)(
    'asks about the protocol when %s meets a listener of %s',
    async (protocol, listener) => {
      const refused = connect(listener, { ...trusted(alice), protocol })
      await expect(refused).rejects.toThrow(RetriableError)
      await expect(refused).rejects.toThrow(
        new RegExp(`SECURITY_PROTOCOL.*${protocol}|${protocol}.*SECURITY_PROTOCOL`),
      )
    },
  )

  it('asks about the protocol when SASL meets a listener without it', async () => {
    const refused = connect('PLAINTEXT', { protocol: 'SASL_PLAINTEXT', sasl: alice })
    await expect(refused).rejects.toThrow(FatalBrokerError)
    await expect(refused).rejects.toThrow(/SECURITY_PROTOCOL/)
  })
})

await describeKafka('a broker that wants a new authentication every 2 seconds', () => {
  let kafka: RunningKafka
  beforeAll(async () => {
    const users = `user_alice="${plainUsers.alice}"`
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

  it('answers every call before and after, on connections made anew in time', async () => {
    const cluster = await KafkaCluster.connect(
      clusterSettings({
        bootstrapServers: [kafka.address('SASL_PLAINTEXT')],
        clientId: 'tester',
        security: { protocol: 'SASL_PLAINTEXT', sasl: alice },
        requestTimeoutMs: 5_000,
        clock: systemClock,
      }),
    )
    const lane = cluster.lane(1, 'control')
    const until = performance.now() + 5_000
    while (performance.now() < until) {
      const together = Array.from({ length: 20 }, () => lane.call(metadata, { topics: [] }))
      for (const { brokers } of await Promise.all(together)) expect(brokers).toHaveLength(1)
    }
    await cluster.close()
  })
})

it('needs credentials where the protocol wants them', () => {
  const options = { bootstrapServers: ['localhost:9092'], clientId: 'tester', clock: systemClock }
  expect(() => clusterSettings({ ...options, security: { protocol: 'SASL_SSL' } })).toThrow(
    /SASL_MECHANISM, SASL_USERNAME and SASL_PASSWORD/,
  )
})

it('refuses certificates that are no PEM, without repeating them', () => {
  const ssl = { cert: 'nonsense', key: 'a private thing' }
  const options = { bootstrapServers: ['localhost:9092'], clientId: 'tester', clock: systemClock }
  const refused = (): unknown => clusterSettings({ ...options, security: { protocol: 'SSL', ssl } })
  expect(refused).toThrow(/SSL_CA, SSL_CERT and SSL_KEY/)
  expect(refused).not.toThrow(/private thing/)
})
