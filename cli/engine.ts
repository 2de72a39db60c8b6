import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import { systemClock } from '../broker/clock.ts'
import type { Broker, RawRecord, TopicSpec } from '../broker/port.ts'
import { DeadLetterLog } from '../runtime/dlq/dead-letter-log.ts'
import { LogEventFeed } from '../runtime/event-feed.ts'
import { IngestService } from '../runtime/ingest-service.ts'
import type { InstanceEvents } from '../runtime/instance-events.ts'
import { InstanceMetrics } from '../runtime/instance-metrics.ts'
import { QueryRouter } from '../runtime/query/query-router.ts'
import { RepartitionPurge } from '../runtime/repartition-purge.ts'
import { rocksDbHome, TaskStateDirectory } from '../runtime/state-directory.ts'
import { StreamsInstance } from '../runtime/streams-instance.ts'
import { deserializerFor } from '../schemas/deserializer.ts'
import { InProcessRegistry } from '../schemas/in-process-registry.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import { PUBLIC_TOPICS } from '../schemas/topics.ts'
import type { PeerClient } from '../state/peer-port.ts'
import { attributionTopology } from '../topology/attribution/attribution-topology.ts'
import type { BuiltTopology } from '../topology/nodes.ts'
import type { Deserializer } from '../topology/serde.ts'
import type { ResolvedConfig } from './config/settings.ts'
import { openInstanceLog } from './instance-log.ts'
import { openSchemaRegistry } from './open-schema-registry.ts'

/** Everything that runs but HTTP: broker, topology, instance, and the ports over them. */
export interface Engine {
  readonly broker: Broker
  readonly registry: SchemaRegistry
  readonly topology: BuiltTopology
  readonly instance: StreamsInstance
  readonly query: QueryRouter
  readonly ingest: IngestService
  readonly events: LogEventFeed
  readonly deadLetters: DeadLetterLog
  /** Graceful: commits, checkpoints, leaves the group, closes the log. May be called twice. */
  close(): Promise<void>
}

export interface EngineOptions {
  readonly config: ResolvedConfig
  /** Told of what happens; must not throw. */
  readonly events: InstanceEvents & {
    /** State of a task was damaged and is restored from its changelog. */
    onWipe(taskId: string, error: Error): void
  }
  readonly metrics: Registry
  /** Null: other instances are not asked. @default null */
  readonly peers?: PeerClient | null
}

/**
 * The product's topology as configured.
 * @param registry where its records' schemas are; absent: for its shape alone, not to be run
 */
export function configuredTopology(
  config: ResolvedConfig,
  registry: SchemaRegistry = new InProcessRegistry(),
): BuiltTopology {
  return attributionTopology({
    observationTopics: config.observationTopics,
    outputFormat: config.outputFormat,
    registry,
    multiActorWindowMs: config.multiActorWindowMs,
    multiActorMinPrimitives: config.multiActorMinPrimitives,
    maxFutureSkewMs: config.maxFutureSkewMs,
    ...(config.observationRetentionMs === null
      ? {}
      : { observationRetentionMs: config.observationRetentionMs }),
  }).build()
}

/** Where the stores of the application's tasks lie. */
export function stateHome(config: ResolvedConfig): string {
  return join(config.stateDir, 'state', config.applicationId)
}

/** Removes the stores of every task; their changelogs keep what they hold. */
export function wipeState(config: ResolvedConfig): Promise<void> {
  return rm(stateHome(config), { recursive: true, force: true })
}

/**
 * Opens and starts the engine; resolves when tasks are assigned (they may still restore).
 * @throws whatever made the start impossible; what was opened is closed again
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { config, events, metrics, peers = null } = options
  const registry = await openSchemaRegistry(config)
  const topology = configuredTopology(config, registry)
  const log = await openInstanceLog(config, stateHome(config))
  const { broker } = log
  const instanceMetrics = new InstanceMetrics(metrics)
  const counted = instanceMetrics.counting(events)
  const instance = new StreamsInstance({
    settings: config,
    topology,
    broker,
    directory: new TaskStateDirectory(
      rocksDbHome(stateHome(config)),
      systemClock,
      (taskId, error) => events.onWipe(taskId, error),
    ),
    clock: systemClock,
    topics: topicsToCreate(config),
    registry,
    events: counted,
  })
  instanceMetrics.watch(instance, systemClock)
  const ingest = new IngestService(broker)
  const feed = new LogEventFeed(broker, watchable(config, registry), registry, (error) => {
    counted.onFatal(error)
  })
  const onPurgeError = (error: unknown) => counted.onRetry('purge', error, 0)
  const purge = new RepartitionPurge(instance, broker, systemClock, onPurgeError)
  const home = { broker, topology, applicationId: config.applicationId, clock: systemClock }
  let closed: Promise<void> | null = null
  const close = async () => {
    await purge.close()
    await feed.close()
    await ingest.close()
    await instance.close()
    await log.close()
  }
  const engine: Engine = {
    broker,
    registry,
    topology,
    instance,
    query: new QueryRouter({ ...home, instance, timeoutMs: config.queryTimeoutMs, peers }),
    ingest,
    events: feed,
    deadLetters: new DeadLetterLog(home),
    close: () => (closed ??= close()),
  }
  try {
    await instance.start()
  } catch (error) {
    await engine.close()
    throw error
  }
  purge.start()
  return engine
}

/** Topics of observations to create here; the first takes those that come over HTTP. */
export function observationTopics(config: ResolvedConfig): readonly string[] {
  const selection = config.observationTopics
  return 'pattern' in selection ? [PUBLIC_TOPICS.observation] : selection
}

/** On a cluster whose operator creates topics, none: a typing slip would make an empty one. */
function topicsToCreate(config: ResolvedConfig): TopicSpec[] {
  const isOperated = config.bootstrapServers !== null && config.createTopics === 'internal'
  return isOperated ? [] : publicTopics(config)
}

/** Inputs carry the log's clock, against which sensors' clocks are judged; outputs event time. */
function publicTopics(config: ResolvedConfig): TopicSpec[] {
  const { logRetentionBytes, logRetentionMs, partitions } = config
  const retention = { retentionMs: logRetentionMs, retentionBytes: logRetentionBytes }
  const input = { ...retention, timestampType: 'log-append-time' } as const
  const observations = observationTopics(config)
  const spec = (name: string, topicConfig: TopicSpec['config']): TopicSpec => ({
    name,
    partitions,
    ...(topicConfig === undefined ? {} : { config: topicConfig }),
  })
  return [
    ...observations.map((name) => spec(name, input)),
    spec(PUBLIC_TOPICS['attacker-profile'], input),
    spec(PUBLIC_TOPICS['identity-observation'], input),
    spec(PUBLIC_TOPICS['identity-link'], {
      cleanupPolicy: 'compact',
      timestampType: 'log-append-time',
    }),
    ...PASSED_ON.map((name) => spec(name, input)),
    spec(PUBLIC_TOPICS['state-changed'], retention),
    spec(PUBLIC_TOPICS['multi-actor-suspected'], retention),
    spec(PUBLIC_TOPICS['multi-actor-cleared'], retention),
  ]
}

/** Topics that event streams may follow. */
function watchable(config: ResolvedConfig, registry: SchemaRegistry) {
  const observations = observationTopics(config)
  return new Map<string, Deserializer<unknown>>([
    ...observations.map((topic) => [topic, deserializerFor('observation', registry)] as const),
    [PUBLIC_TOPICS['state-changed'], deserializerFor('state-changed', registry)],
    [PUBLIC_TOPICS['multi-actor-suspected'], deserializerFor('multi-actor-suspected', registry)],
    [PUBLIC_TOPICS['multi-actor-cleared'], deserializerFor('multi-actor-cleared', registry)],
    ...PASSED_ON.map((topic) => [topic, readJson] as const),
  ])
}

/** Events of others that streams show as they came: JSON that no schema of ours describes. */
const PASSED_ON = ['attacker.scored', 'attacker.fingerprint_rotated'] as const

/** @throws {SyntaxError} not JSON: the feed leaves the record out */
function readJson(raw: RawRecord): unknown {
  return JSON.parse(raw.buffer.toString('utf8', Math.max(0, raw.valueStart), raw.valueEnd))
}
