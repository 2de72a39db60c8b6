import {
  choice,
  integer,
  optional,
  text,
  tokenDigests,
  topics,
  type TopicSelection,
} from './value-kinds.ts'
import { kafkaSettings, type KafkaConfig } from './kafka-settings.ts'
import { peerSettings, type PeerConfig } from './peer-settings.ts'
import { registrySettings, type RegistryConfig } from './registry-settings.ts'
import type { Setting } from './setting.ts'

/** The configuration as the program uses it: checked, complete, frozen. */
export interface ResolvedConfig extends KafkaConfig, PeerConfig, RegistryConfig {
  readonly applicationId: string
  readonly stateDir: string
  readonly host: string
  readonly port: number
  readonly outputFormat: 'avro' | 'json'
  readonly processingGuarantee: 'exactly_once' | 'at_least_once'
  readonly commitIntervalMs: number
  readonly checkpointIntervalMs: number
  readonly partitions: number
  readonly observationTopics: TopicSelection
  readonly multiActorWindowMs: number
  readonly multiActorMinPrimitives: number
  readonly identityClusterer: 'connected-components' | 'none'
  readonly genericEvidenceLimit: number
  readonly maxFutureSkewMs: number
  /** Null: observations are kept for ever. */
  readonly observationRetentionMs: number | null
  readonly memoryBytesMax: number
  /** −1: no limit. */
  readonly logRetentionMs: number
  /** Per partition; −1: no limit. */
  readonly logRetentionBytes: number
  readonly apiTokensRead: readonly string[]
  readonly apiTokensWrite: readonly string[]
  readonly apiTokensAdmin: readonly string[]
  readonly attributionToken: string | null
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** Every setting there is. The type makes a missing or superfluous one fail to compile. */
export const settings: { readonly [K in keyof ResolvedConfig]: Setting<ResolvedConfig[K]> } = {
  applicationId: {
    name: 'APPLICATION_ID',
    kind: text('1 to 100 letters, digits, dots, dashes or underscores', /^[\w.-]{1,100}$/),
    fallback: 'attribution',
    description: 'Names the consumer group and prefixes internal topics and transactional ids.',
  },
  ...kafkaSettings,
  stateDir: {
    name: 'STATE_DIR',
    kind: text('a path', /./),
    fallback: './data',
    description: 'Where stores and the embedded log live. One process at a time.',
  },
  host: {
    name: 'HOST',
    kind: text('a host name or address', /^[\w.:[\]-]{1,253}$/),
    fallback: '127.0.0.1',
    description: 'Address to listen on. Any address beyond this machine needs tokens.',
  },
  port: {
    name: 'PORT',
    kind: integer(0, 65535),
    fallback: 8080,
    description: 'Port to listen on; 0 takes a free one, which is printed.',
  },
  ...peerSettings,
  outputFormat: {
    name: 'OUTPUT_FORMAT',
    kind: choice('avro', 'json'),
    fallback: 'avro',
    description: 'Encoding of public topics. Inputs may be either: the first byte tells.',
  },
  ...registrySettings,
  processingGuarantee: {
    name: 'PROCESSING_GUARANTEE',
    kind: choice('exactly_once', 'at_least_once'),
    fallback: 'exactly_once',
    description:
      'Whether outputs, state and positions commit in one transaction, or one after the other.',
  },
  commitIntervalMs: {
    name: 'COMMIT_INTERVAL_MS',
    kind: integer(1, 60_000),
    fallback: 100,
    unit: 'milliseconds',
    description: 'Time between commits: results become visible after at most this long.',
  },
  checkpointIntervalMs: {
    name: 'CHECKPOINT_INTERVAL_MS',
    kind: integer(1, 3_600_000),
    fallback: 5_000,
    unit: 'milliseconds',
    description: 'Time between writes of committed state to disk: bounds the work of a restart.',
  },
  partitions: {
    name: 'PARTITIONS',
    kind: integer(1, 1_000),
    fallback: 4,
    description: 'Partitions of input and output topics created here. Fixed once they exist.',
  },
  observationTopics: {
    name: 'OBSERVATION_TOPICS',
    kind: topics,
    fallback: Object.freeze(['attacker.observation']),
    description: 'Topics observations are read from.',
  },
  multiActorWindowMs: {
    name: 'MULTI_ACTOR_WINDOW_MS',
    kind: integer(1),
    fallback: 86_400_000,
    unit: 'milliseconds',
    description: 'Event time within which primitives must turn multi_actor to raise one alert.',
  },
  multiActorMinPrimitives: {
    name: 'MULTI_ACTOR_MIN_PRIMITIVES',
    kind: integer(1, 1_000),
    fallback: 2,
    description: 'Primitives in multi_actor that make an alert.',
  },
  identityClusterer: {
    name: 'IDENTITY_CLUSTERER',
    kind: choice('connected-components', 'none'),
    fallback: 'connected-components',
    description:
      'What says which attackers are one identity; none: the topic identity.link, written by others.',
  },
  genericEvidenceLimit: {
    name: 'GENERIC_EVIDENCE_LIMIT',
    kind: integer(2, 1_000_000),
    fallback: 1_000,
    description:
      'Attackers that share a fingerprint, payload or endpoint beyond which it joins nobody by itself.',
  },
  maxFutureSkewMs: {
    name: 'MAX_FUTURE_SKEW_MS',
    kind: integer(0),
    fallback: 3_600_000,
    unit: 'milliseconds',
    description: 'How far a sensor’s clock may be ahead; observations beyond are dead-lettered.',
  },
  observationRetentionMs: {
    name: 'OBSERVATION_RETENTION_MS',
    kind: optional(integer(1)),
    fallback: null,
    unit: 'milliseconds',
    description: 'How long observations are kept after their arrival. Absent: for ever.',
  },
  memoryBytesMax: {
    name: 'MEMORY_BYTES_MAX',
    kind: integer(16_777_216),
    fallback: 268_435_456,
    unit: 'bytes',
    description: 'Memory for state, records fetched ahead and outputs, over all tasks together.',
  },
  logRetentionMs: {
    name: 'LOG_RETENTION_MS',
    kind: integer(-1),
    fallback: -1,
    unit: 'milliseconds',
    description: 'How long the embedded log keeps input records; -1: for ever.',
  },
  logRetentionBytes: {
    name: 'LOG_RETENTION_BYTES',
    kind: integer(-1),
    fallback: -1,
    unit: 'bytes',
    description: 'Size of an input partition of the embedded log; -1: no limit.',
  },
  apiTokensRead: {
    name: 'API_TOKENS_READ',
    kind: tokenDigests,
    fallback: Object.freeze([]),
    secret: true,
    description: 'Digests of tokens that may query. `attribution-streams token create` makes one.',
  },
  apiTokensWrite: {
    name: 'API_TOKENS_WRITE',
    kind: tokenDigests,
    fallback: Object.freeze([]),
    secret: true,
    description: 'Digests of tokens that may ingest; they may not query.',
  },
  apiTokensAdmin: {
    name: 'API_TOKENS_ADMIN',
    kind: tokenDigests,
    fallback: Object.freeze([]),
    secret: true,
    description: 'Digests of tokens that may do everything.',
  },
  attributionToken: {
    name: 'ATTRIBUTION_TOKEN',
    flag: '--token',
    kind: optional(text('printable characters without spaces', /^[!-~]{1,4096}$/)),
    fallback: null,
    secret: true,
    description: 'The token that `ingest`, `query` and `tail` send.',
  },
  logLevel: {
    name: 'LOG_LEVEL',
    kind: choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    fallback: 'info',
    description: 'What is logged, to standard error.',
  },
}

export type SettingKey = keyof ResolvedConfig

export const settingKeys = Object.keys(settings) as readonly SettingKey[]

export const settingNames: readonly string[] = settingKeys.map((key) => settings[key].name)

const keysByName = new Map(settingKeys.map((key) => [settings[key].name, key]))

export function settingKeyOf(name: string): SettingKey | undefined {
  return keysByName.get(name)
}

/** `COMMIT_INTERVAL_MS` → `--commit-interval-ms`. */
export function flagOf(key: SettingKey): string {
  const { name, flag } = settings[key]
  return flag ?? `--${name.toLowerCase().replaceAll('_', '-')}`
}
