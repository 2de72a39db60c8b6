import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { BrokerError, FatalBrokerError, RetriableError } from '../../broker/errors.ts'
import { KafkaBroker } from '../../broker/kafka/kafka-broker.ts'
import type { SaslCredentials, Security } from '../../broker/kafka/transport/security.ts'
import { eventually, readValues, sendValues, uniqueName } from '../support/broker-records.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { freePorts } from '../support/kafka/free-ports.ts'
import {
  plainUsers,
  scramUser,
  startSecureKafka,
  type SecureKafka,
} from '../support/kafka/start-secure-kafka.ts'

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

  const connect = (address: string, security: Security): Promise<KafkaBroker> =>
    KafkaBroker.connect({
      bootstrapServers: [address],
      clientId: 'secured',
      security,
      clock: systemClock,
    })
  const saslSsl = (sasl: SaslCredentials, ca = secure.certificates.authority): Security => ({
    protocol: 'SASL_SSL',
    sasl,
    ssl: { ca },
  })
  /** What a client is told that cannot connect. */
  const refusal = async (listener: string, security: Security): Promise<BrokerError> => {
    const address = listener.includes(':') ? listener : secure.kafka.address(listener)
    const outcome = await connect(address, security).catch((error: unknown) => error)
    if (outcome instanceof KafkaBroker) await outcome.close()
    expect(outcome).toBeInstanceOf(BrokerError)
    const error = outcome as BrokerError
    expect(error.message).not.toContain('secret')
    expect(error.message.split('\n')).toHaveLength(1)
    return error
  }

  describe('lets in who shows the right credentials', () => {
    it.each([
      ['SASL_SSL', alice],
      ['SCRAM', { mechanism: 'SCRAM-SHA-256', ...scramUser }],
      ['SCRAM', { mechanism: 'SCRAM-SHA-512', ...scramUser }],
    ] as const)('on %s by %o', async (listener, sasl) => {
      const broker = await connect(secure.kafka.address(listener), saslSsl(sasl))
      const topic = uniqueName('secured')
      await broker.createTopics([{ name: topic, partitions: 1 }])
      const transaction = broker.transaction(uniqueName('tx'))
      await transaction.init()
      await sendValues(transaction, topic, ['over TLS'])
      await transaction.commit()
      await eventually(async () => (await readValues(broker, topic)).length > 0)
      expect(await readValues(broker, topic)).toEqual(['over TLS'])
      await transaction.close()
      await broker.close()
    })
  })

  describe('says once and clearly what is wrong with', () => {
    it('a wrong password', async () => {
      const error = await refusal('SASL_SSL', saslSsl({ ...alice, password: 'wrong-secret' }))
      expect(error).toBeInstanceOf(FatalBrokerError)
      expect(error.message).toMatch(/refuses to authenticate.*SASL_PASSWORD/)
    })

    it.each(['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('a wrong password by %s', async (name) => {
      const sasl = { ...scramUser, mechanism: name, password: 'wrong-secret' }
      const error = await refusal('SCRAM', saslSsl(sasl))
      expect(error).toBeInstanceOf(FatalBrokerError)
      expect(error.message).toMatch(/refuses to authenticate.*SASL_PASSWORD/)
    })

    it('a mechanism that the listener does not offer', async () => {
      const error = await refusal('SCRAM', saslSsl(alice))
      expect(error).toBeInstanceOf(FatalBrokerError)
      expect(error.message).toMatch(/SASL_MECHANISM/)
    })

    it('an authority that is not trusted', async () => {
      const error = await refusal('SASL_SSL', saslSsl(alice, secure.certificates.strangerAuthority))
      expect(error).toBeInstanceOf(FatalBrokerError)
      expect(error.message).toMatch(/authority that is not trusted.*SSL_CA/)
    })

    it('an expired certificate', async () => {
      const error = await refusal('EXPIRED', saslSsl(alice))
      expect(error).toBeInstanceOf(FatalBrokerError)
      expect(error.message).toMatch(/certificate has expired/)
    })

    it('credentials that are missing in the settings', async () => {
      const error = await refusal('SASL_SSL', { protocol: 'SASL_SSL' })
      expect(error).toBeInstanceOf(FatalBrokerError)
      expect(error.message).toMatch(/SASL_USERNAME/)
    })

    it('SASL that the listener wants and the client does not do', async () => {
      const ssl = { ca: secure.certificates.authority }
      const error = await refusal('SASL_SSL', { protocol: 'SSL', ssl })
      expect(error.message).toMatch(/SECURITY_PROTOCOL is SSL/)
    })

    it('TLS towards a listener without', async () => {
      const error = await refusal('PLAINTEXT', saslSsl(alice))
      expect(error.message).toMatch(/listener.*SASL_SSL/)
      expect(error.message).toContain('SECURITY_PROTOCOL')
    })

    it('no TLS towards a listener with', async () => {
      const error = await refusal('SASL_SSL', { protocol: 'PLAINTEXT' })
      expect(error.message).toMatch(/SECURITY_PROTOCOL is PLAINTEXT/)
    })

    it('a port on which nobody listens', async () => {
      const [port] = await freePorts(1)
      const error = await refusal(`127.0.0.1:${port}`, { protocol: 'PLAINTEXT' })
      expect(error).toBeInstanceOf(RetriableError)
      expect(error.message).toMatch(/no connection \(ECONNREFUSED\): is the broker running/)
    })

    it('a host that has no address', async () => {
      const error = await refusal('no-such-host.invalid:9092', { protocol: 'PLAINTEXT' })
      expect(error.message).toMatch(/host name cannot be resolved/)
    })

    it('a port that speaks another protocol', async () => {
      const server = await chatter('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
      const error = await refusal(address, { protocol: 'PLAINTEXT' })
      expect(error.message).toMatch(/Kafka/)
      server.close()
    })
  })
})

/** A server that is no Kafka broker. */
async function chatter(answer: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
