import type { Setting } from './setting.ts'
import { choice, integer, optional, text } from './value-kinds.ts'

/** What concerns the Kafka cluster and this instance's place in it. */
export interface KafkaConfig {
  readonly bootstrapServers: string | null
  readonly securityProtocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  readonly saslMechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly saslUsername: string | null
  readonly saslPassword: string | null
  readonly sslCaLocation: string | null
  readonly sslCertificateLocation: string | null
  readonly sslKeyLocation: string | null
  readonly sslKeyPassword: string | null
  readonly compressionType: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly requestTimeoutMs: number
  readonly createTopics: 'all' | 'internal'
  readonly groupInstanceId: string | null
  readonly sessionTimeoutMs: number
  readonly numStandbyReplicas: number
}

/** An IPv6 address is in brackets. */
const SERVERS =
  /^(?:\[[\da-fA-F:.]+\]|[^\s,:[\]]+):\d{1,5}(?:,(?:\[[\da-fA-F:.]+\]|[^\s,:[\]]+):\d{1,5})*$/

const file = optional(text('the path of a PEM file', /./))

export const kafkaSettings: { readonly [K in keyof KafkaConfig]: Setting<KafkaConfig[K]> } = {
  bootstrapServers: {
    name: 'BOOTSTRAP_SERVERS',
    kind: optional(text('host:port pairs separated by commas', SERVERS)),
    fallback: null,
    description: 'Kafka brokers. Absent: the embedded log, in this process.',
  },
  securityProtocol: {
    name: 'SECURITY_PROTOCOL',
    kind: choice('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
    fallback: 'PLAINTEXT',
    description: 'How brokers are spoken to.',
  },
  saslMechanism: {
    name: 'SASL_MECHANISM',
    kind: choice('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'),
    fallback: 'SCRAM-SHA-512',
    description: 'How this client proves who it is, with a SASL protocol.',
  },
  saslUsername: {
    name: 'SASL_USERNAME',
    kind: optional(text('printable characters', /^[!-~]{1,256}$/)),
    fallback: null,
    description: 'User name, with a SASL protocol.',
  },
  saslPassword: {
    name: 'SASL_PASSWORD',
    kind: optional(text('any text', /^.{1,1024}$/)),
    fallback: null,
    secret: true,
    description: 'Password, with a SASL protocol.',
  },
  sslCaLocation: {
    name: 'SSL_CA_LOCATION',
    kind: file,
    fallback: null,
    description:
      'Certificates of the authorities that brokers are signed by. Absent: the system’s.',
  },
  sslCertificateLocation: {
    name: 'SSL_CERTIFICATE_LOCATION',
    kind: file,
    fallback: null,
    description: 'Certificate of this client, where brokers ask for one.',
  },
  sslKeyLocation: {
    name: 'SSL_KEY_LOCATION',
    kind: file,
    fallback: null,
    description: 'Key of that certificate.',
  },
  sslKeyPassword: {
    name: 'SSL_KEY_PASSWORD',
    kind: optional(text('any text', /^.{1,1024}$/)),
    fallback: null,
    secret: true,
    description: 'Opens the key.',
  },
  compressionType: {
    name: 'COMPRESSION_TYPE',
    kind: choice('none', 'gzip', 'snappy', 'lz4', 'zstd'),
    fallback: 'none',
    description: 'Of record batches sent to Kafka. Any is read.',
  },
  requestTimeoutMs: {
    name: 'REQUEST_TIMEOUT_MS',
    kind: integer(1_000, 300_000),
    fallback: 30_000,
    unit: 'milliseconds',
    description: 'How long a broker may take to answer before the request counts as lost.',
  },
  createTopics: {
    name: 'CREATE_TOPICS',
    kind: choice('all', 'internal'),
    fallback: 'internal',
    description:
      'On Kafka: `internal` creates changelogs, repartitions and dead letters, and refuses to ' +
      'start without the others; `all` creates inputs and outputs too. The embedded log: all.',
  },
  groupInstanceId: {
    name: 'GROUP_INSTANCE_ID',
    kind: optional(
      text('1 to 100 letters, digits, dots, dashes or underscores', /^[\w.-]{1,100}$/),
    ),
    fallback: null,
    description: 'A name of this instance: back within its session it keeps its tasks (KIP-345).',
  },
  sessionTimeoutMs: {
    name: 'SESSION_TIMEOUT_MS',
    kind: integer(1_000, 1_800_000),
    fallback: 45_000,
    unit: 'milliseconds',
    description: 'Silence after which an instance counts as dead and its tasks move.',
  },
  numStandbyReplicas: {
    name: 'NUM_STANDBY_REPLICAS',
    kind: integer(0, 10),
    fallback: 0,
    description: 'Other instances that keep each task’s state warm and may answer for it.',
  },
}
