import { expect, it } from 'vitest'
import { systemClock } from '../../../broker/clock.ts'
import { clusterSettings, type KafkaOptions } from '../../../broker/kafka/kafka-options.ts'

const options = (over: Partial<KafkaOptions>): KafkaOptions => ({
  bootstrapServers: ['localhost:9092'],
  clientId: 'tester',
  security: { protocol: 'PLAINTEXT' },
  clock: systemClock,
  ...over,
})

it('needs a server to begin with', () => {
  expect(() => clusterSettings(options({ bootstrapServers: [] }))).toThrow(/BOOTSTRAP_SERVERS/)
})

it('never connects for longer than a request may take', () => {
  const settings = clusterSettings(options({ requestTimeoutMs: 700 }))
  expect(settings).toMatchObject({ requestTimeoutMs: 700, connectTimeoutMs: 700 })
})

it('leaves credentials alone where the protocol does not use them', () => {
  const sasl = { mechanism: 'PLAIN', username: 'alice', password: 'alice-secret' } as const
  const { sasl: used, tls } = clusterSettings(
    options({ security: { protocol: 'PLAINTEXT', sasl } }),
  )
  expect([used, tls]).toEqual([null, null])
})

it('needs credentials where the protocol wants them', () => {
  expect(() => clusterSettings(options({ security: { protocol: 'SASL_SSL' } }))).toThrow(
    /SASL_MECHANISM, SASL_USERNAME and SASL_PASSWORD/,
  )
})

it('refuses certificates that are no PEM, without repeating them', () => {
  const ssl = { cert: 'nonsense', key: 'a private thing' }
  const refused = (): unknown => clusterSettings(options({ security: { protocol: 'SSL', ssl } }))
  expect(refused).toThrow(/SSL_CA_LOCATION, SSL_CERTIFICATE_LOCATION and SSL_KEY_LOCATION/)
  expect(refused).not.toThrow(/private thing/)
})
