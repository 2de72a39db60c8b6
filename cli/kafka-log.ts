import { systemClock } from '../broker/clock.ts'
import { KafkaBroker } from '../broker/kafka/kafka-broker.ts'
import type { Security, TlsSettings } from '../broker/kafka/transport/security.ts'
import type { ResolvedConfig } from './config/settings.ts'
import type { OpenLog } from './open-log.ts'
import { readPem } from './pem-file.ts'

/**
 * Connects to the cluster that the configuration names.
 * @throws {RetriableError} no broker answers
 * @throws {FatalBrokerError} the cluster refuses this client, or is too old
 * @throws {CommandFailure} a file that a setting names cannot be read
 */
export async function openKafka(config: ResolvedConfig): Promise<OpenLog> {
  const broker = await KafkaBroker.connect({
    bootstrapServers: config.bootstrapServers!.split(','),
    clientId: config.groupInstanceId ?? config.applicationId,
    security: await securityOf(config),
    requestTimeoutMs: config.requestTimeoutMs,
    compression: config.compressionType,
    clock: systemClock,
  })
  return { broker, close: () => broker.close() }
}

async function securityOf(config: ResolvedConfig): Promise<Security> {
  const { saslMechanism, saslPassword, saslUsername, securityProtocol } = config
  const ssl = await tlsOf(config)
  const hasCredentials = saslUsername !== null && saslPassword !== null
  return {
    protocol: securityProtocol,
    ssl,
    ...(hasCredentials
      ? { sasl: { mechanism: saslMechanism, username: saslUsername, password: saslPassword } }
      : {}),
  }
}

async function tlsOf(config: ResolvedConfig): Promise<TlsSettings> {
  const ca = await readPem('SSL_CA_LOCATION', config.sslCaLocation)
  const cert = await readPem('SSL_CERTIFICATE_LOCATION', config.sslCertificateLocation)
  const key = await readPem('SSL_KEY_LOCATION', config.sslKeyLocation)
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
    ...(config.sslKeyPassword === null ? {} : { keyPassphrase: config.sslKeyPassword }),
  }
}
