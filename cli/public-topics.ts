import type { RawRecord, TopicSpec } from '../broker/port.ts'
import { deserializerFor } from '../schemas/deserializer.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import { PUBLIC_TOPICS, workerTopic } from '../schemas/topics.ts'
import { WORKERS } from '../schemas/worker-records.ts'
import type { Deserializer } from '../topology/serde.ts'
import type { ResolvedConfig } from './config/settings.ts'

/** Outputs that streams of events show, beside observations. */
const SHOWN = [
  'state-changed',
  'multi-actor-suspected',
  'multi-actor-cleared',
  'identity-formed',
  'identity-observation-linked',
  'identity-merged',
  'identity-unmerged',
  'identity-campaign-assigned',
  'campaign-formed',
  'campaign-identity-assigned',
  'campaign-merged',
  'campaign-unmerged',
] as const

/** Events of others that streams show as they came: JSON that no schema of ours describes. */
const PASSED_ON = ['attacker.scored', 'attacker.fingerprint_rotated'] as const

/** Topics of observations to create here; the first takes those that come over HTTP. */
export function observationTopics(config: ResolvedConfig): readonly string[] {
  const selection = config.observationTopics
  return 'pattern' in selection ? [PUBLIC_TOPICS.observation] : selection
}

/** On a cluster whose operator creates topics, none: a typing slip would make an empty one. */
export function topicsToCreate(config: ResolvedConfig): TopicSpec[] {
  const isOperated = config.bootstrapServers !== null && config.createTopics === 'internal'
  return isOperated ? [] : publicTopics(config)
}

/** Inputs carry the log's clock, against which sensors' clocks are judged; outputs event time. */
function publicTopics(config: ResolvedConfig): TopicSpec[] {
  const { logRetentionBytes, logRetentionMs, partitions } = config
  const output = { retentionMs: logRetentionMs, retentionBytes: logRetentionBytes }
  const input = { ...output, timestampType: 'log-append-time' } as const
  const compacted = { cleanupPolicy: 'compact', timestampType: 'log-append-time' } as const
  const inputs = [
    ...observationTopics(config),
    PUBLIC_TOPICS['attacker-profile'],
    PUBLIC_TOPICS['identity-observation'],
    PUBLIC_TOPICS['technique-tag'],
    ...PASSED_ON,
  ]
  const lastValues = [PUBLIC_TOPICS['identity-link'], PUBLIC_TOPICS['evidence-generic']]
  return [
    ...inputs.map((name) => ({ name, partitions, config: input })),
    ...lastValues.map((name) => ({ name, partitions, config: compacted })),
    ...SHOWN.map((record) => ({ name: PUBLIC_TOPICS[record], partitions, config: output })),
    // A worker is one task, whatever the partitions of the rest.
    ...WORKERS.flatMap((worker) => [
      { name: workerTopic(worker, 'control'), partitions: 1, config: input },
      { name: workerTopic(worker, 'health'), partitions: 1, config: output },
    ]),
  ]
}

/** Topics that event streams may follow. */
export function watchable(
  config: ResolvedConfig,
  registry: SchemaRegistry,
): ReadonlyMap<string, Deserializer<unknown>> {
  return new Map<string, Deserializer<unknown>>([
    ...observationTopics(config).map(
      (topic) => [topic, deserializerFor('observation', registry)] as const,
    ),
    ...SHOWN.map((record) => [PUBLIC_TOPICS[record], deserializerFor(record, registry)] as const),
    ...PASSED_ON.map((topic) => [topic, readJson] as const),
  ])
}

/** @throws {SyntaxError} not JSON: the feed leaves the record out */
function readJson(raw: RawRecord): unknown {
  return JSON.parse(raw.buffer.toString('utf8', Math.max(0, raw.valueStart), raw.valueEnd))
}
