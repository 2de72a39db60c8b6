import type { FastifyBaseLogger } from 'fastify'
import type { Registry } from 'prom-client'
import type { PeerService } from '../state/peer-port.ts'
import type { ExplainPort } from '../state/explain-port.ts'
import type { DeadLetterPort } from '../state/dead-letter-port.ts'
import type { EventFeed, IngestPort, QueryPort } from '../state/query-port.ts'
import type { TokenConfig } from './bearer-tokens.ts'
import type { LineEncoders } from './ingest/line-encoder.ts'
import type { WorkerControlEncoder } from './worker-control-encoder.ts'
import type { PeerAccess } from './peer/peer-gate.ts'

/** What the API logs to; pino's loggers are one. */
export type ApiLogger = FastifyBaseLogger

export interface ApiOptions {
  readonly query: QueryPort
  readonly explain: ExplainPort
  readonly ingest: IngestPort
  readonly events: EventFeed
  readonly deadLetters: DeadLetterPort
  /** Inputs whose records are events of type `observation`. @default attacker.observation */
  readonly observationTopics?: readonly string[]
  readonly topologyDescription: TopologyDescription
  readonly encoders: LineEncoders
  readonly encodeControl: WorkerControlEncoder
  /** Metrics of the runtime, served beside those of the process and of HTTP. */
  readonly metrics: Registry
  /** Absent: other instances are not answered. */
  readonly peer?: PeerAccess & { readonly service: PeerService }
  /** Absent: plain HTTP. */
  readonly tls?: ApiTls
  /** Empty: allowed on a loopback `host` only. */
  readonly tokens: readonly TokenConfig[]
  /** The address the server will be bound to. */
  readonly host: string
  readonly limits?: Partial<ApiLimits>
  readonly logger?: ApiLogger
  /** Milliseconds since the epoch: the timestamp of ingested records. */
  readonly clock: () => number
}

/** PEM texts. */
export interface ApiTls {
  readonly cert: string
  readonly key: string
  /** The authority that signs the certificates of instances; null: none is asked for. */
  readonly clientCa: string | null
}

/** The topology in each of its written forms. */
export interface TopologyDescription {
  readonly json: unknown
  readonly text: string
  readonly dot: string
  readonly mermaid: string
}

export interface ApiLimits {
  /** Bodies other than NDJSON. */
  readonly bodyBytesMax: number
  /** One line of NDJSON, without its newline. */
  readonly lineBytesMax: number
  /** One encoded record; what is larger would not fit a batch of the log. */
  readonly recordBytesMax: number
  /** An append holds at most so many records and bytes; a second batch fills meanwhile. */
  readonly appendRecordsMax: number
  readonly appendBytesMax: number
  /** Uploads under way at once: memory for ingest is this × (2 appends + 1 line). */
  readonly uploadsMax: number
  /** Inflated bytes per gzip byte, once more than `gzipFreeBytes` were inflated. */
  readonly gzipRatioMax: number
  readonly gzipFreeBytes: number
  /** Errors by line reported in an answer. */
  readonly lineErrorsMax: number
  /** An upload of which nothing arrives for so long ends. */
  readonly bodyIdleTimeoutMs: number
  readonly requestHeadTimeoutMs: number
  /** A connection on which nothing moves for so long ends. */
  readonly connectionIdleTimeoutMs: number
  readonly eventStreamsMax: number
  /** Events held for a client that reads slowly; what comes beyond is dropped and counted. */
  readonly eventQueueMax: number
  readonly eventQueueBytesMax: number
  readonly eventKeepAliveMs: number
  /** A client that takes nothing for so long is disconnected. */
  readonly eventStallTimeoutMs: number
  /** Per client address. */
  readonly requestsPerMinuteMax: number
  readonly failedLoginsPerMinuteMax: number
  /** Rows read to fill one page of a filtered list. */
  readonly rowsExaminedMax: number
}

export const defaultLimits: ApiLimits = {
  bodyBytesMax: 64 * 1024,
  lineBytesMax: 1024 * 1024,
  // A batch of the log is at most 1 MiB + 12 (Kafka's default): room for its head and the key.
  recordBytesMax: 1024 * 1024 - 4096,
  appendRecordsMax: 1000,
  appendBytesMax: 512 * 1024,
  uploadsMax: 32,
  gzipRatioMax: 250,
  gzipFreeBytes: 16 * 1024 * 1024,
  lineErrorsMax: 100,
  bodyIdleTimeoutMs: 30_000,
  requestHeadTimeoutMs: 10_000,
  connectionIdleTimeoutMs: 60_000,
  eventStreamsMax: 100,
  eventQueueMax: 256,
  eventQueueBytesMax: 8 * 1024 * 1024,
  eventKeepAliveMs: 15_000,
  eventStallTimeoutMs: 60_000,
  requestsPerMinuteMax: 60_000,
  failedLoginsPerMinuteMax: 60,
  rowsExaminedMax: 100_000,
}
