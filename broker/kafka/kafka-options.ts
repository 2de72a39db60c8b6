import type { Clock } from '../clock.ts'
import { FatalBrokerError } from '../errors.ts'
import { requireCompression, type Compression } from '../record-batch/compression/compression.ts'
import { MissingCodecError } from '../record-batch/compression/missing-codec-error.ts'
import { bootstrapServer } from './cluster/bootstrap-server.ts'
import type { ClusterSettings } from './cluster/kafka-cluster.ts'
import { credentialsOf, type Security, tlsConnectOptions } from './transport/security.ts'

/** How a Kafka cluster is reached. */
export interface KafkaOptions {
  /** `host:port` each; one that answers is enough. */
  readonly bootstrapServers: readonly string[]
  /** Shown in the brokers' logs and quotas. */
  readonly clientId: string
  readonly security: Security
  /** How long a broker may take to answer, and a question about the cluster. @default 30000 */
  readonly requestTimeoutMs?: number
  /** Of the batches that are sent. @default none */
  readonly compression?: Compression | 'none'
  readonly clock: Clock
}

const REQUEST_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 10_000

/** @throws {FatalBrokerError} an address, a certificate, the credentials or the codec cannot be used */
export function clusterSettings(options: KafkaOptions): ClusterSettings {
  const { clientId, security, clock, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options
  const bootstrapServers = options.bootstrapServers.map(bootstrapServer)
  if (bootstrapServers.length === 0) {
    throw new FatalBrokerError('BOOTSTRAP_SERVERS is empty: name at least one broker as host:port')
  }
  checkCompression(options.compression)
  return {
    bootstrapServers,
    clientId,
    clock,
    protocol: security.protocol,
    tls: tlsConnectOptions(security),
    sasl: credentialsOf(security),
    connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, requestTimeoutMs),
    requestTimeoutMs,
  }
}

/** At the start, not with the first batch. */
function checkCompression(compression: KafkaOptions['compression'] = 'none'): void {
  if (compression === 'none') return
  try {
    requireCompression(compression)
  } catch (error) {
    if (!(error instanceof MissingCodecError)) throw error
    throw new FatalBrokerError(`batches cannot be compressed with ${compression}: ${error.message}`)
  }
}
