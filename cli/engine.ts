import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import { systemClock } from '../broker/clock.ts'
import { EmbeddedBroker } from '../broker/embedded/embedded-broker.ts'
import type { Broker, RawRecord, TopicSpec } from '../broker/port.ts'
import { LogEventFeed } from '../runtime/event-feed.ts'
import { IngestService } from '../runtime/ingest-service.ts'
import type { InstanceEvents } from '../runtime/instance-events.ts'
import { InstanceMetrics } from '../runtime/instance-metrics.ts'
import { QueryService } from '../runtime/query-service.ts'
import { RepartitionPurge } from '../runtime/repartition-purge.ts'
import { rocksDbHome, TaskStateDirectory } from '../runtime/state-directory.ts'
import { StreamsInstance } from '../runtime/streams-instance.ts'
import { deserializerFor } from '../schemas/deserializer.ts'
import { InProcessRegistry } from '../schemas/in-process-registry.ts'
import { PUBLIC_TOPICS } from '../schemas/topics.ts'
import { RocksDbDatabase } from '../state/rocksdb-database.ts'
import { attributionTopology } from '../topology/attribution/attribution-topology.ts'
import type { BuiltTopology } from '../topology/nodes.ts'
import type { Deserializer } from '../topology/serde.ts'
import type { ResolvedConfig } from './config/settings.ts'

/** Everything that runs but HTTP: broker, topology, instance, and the ports over them. */
export interface Engine {
  readonly broker: Broker
  readonly topology: BuiltTopology
  readonly instance: StreamsInstance
  readonly query: QueryService
  readonly ingest: IngestService
  readonly events: LogEventFeed
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
}

/** The product's topology as configured. */
export function configuredTopology(config: ResolvedConfig): BuiltTopology {
  return attributionTopology({
    observationTopics: config.observationTopics,
    outputFormat: config.outputFormat,
    registry: new InProcessRegistry(),
    multiActorWindowMs: config.multiActorWindowMs,
    multiActorMinPrimitives: config.multiActorMinPrimitives,
    maxFutureSkewMs: config.maxFutureSkewMs,
    ...(config.observationRetentionMs === null
      ? {}
      : { observationRetentionMs: config.observationRetentionMs }),
  }).build()
}

/** Newest batches in memory: what readers just behind the writers read. */
const LOG_TAIL_BYTES_MAX = 8 * 1024 * 1024

/**
 * Fewer, larger tables: flushing and merging took a fifth of all CPU time at 8 MiB (76,700 against
 * 91,700 records a CPU second in one run).
 */
const LOG_WRITE_BUFFER_BYTES = 32 * 1024 * 1024

const LOG_FORMAT = { name: 'attribution-streams-log', version: 1 }

export interface OpenLog {
  readonly broker: Broker
  /** Closes the broker, then its disk. */
  close(): Promise<void>
}

/**
 * Opens the embedded log of a state directory.
 * @throws {StateLockedError} another process runs on it
 */
export async function openEmbeddedLog(config: ResolvedConfig): Promise<OpenLog> {
  const database = await RocksDbDatabase.open(join(config.stateDir, 'log'), {
    format: LOG_FORMAT,
    writeBufferSizeBytes: LOG_WRITE_BUFFER_BYTES,
    cachesBlocks: false,
  })
  try {
    const broker = await EmbeddedBroker.open({
      database,
      clock: systemClock,
      tailBytesMax: LOG_TAIL_BYTES_MAX,
    })
    return {
      broker,
      close: async () => {
        await broker.close()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
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
  const { config, events, metrics } = options
  const topology = configuredTopology(config)
  const log = await openEmbeddedLog(config)
  const { broker } = log
  const instanceMetrics = new InstanceMetrics(metrics)
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
    topics: publicTopics(config),
    events: alsoTelling(events, instanceMetrics.events),
  })
  instanceMetrics.watch(instance)
  const ingest = new IngestService(broker)
  const feed = new LogEventFeed(broker, watchable(config), (error) => events.onFatal(error))
  const onPurgeError = (error: unknown) => events.onRetry('purge', error, 0)
  const purge = new RepartitionPurge(instance, broker, systemClock, onPurgeError)
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
    topology,
    instance,
    query: new QueryService(instance, broker, topology, config.applicationId),
    ingest,
    events: feed,
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
function watchable(config: ResolvedConfig) {
  const registry = new InProcessRegistry()
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

function alsoTelling(events: InstanceEvents, metrics: InstanceMetrics['events']): InstanceEvents {
  return {
    ...events,
    onAssigned: (tasks) => {
      metrics.onAssigned(tasks)
      events.onAssigned(tasks)
    },
    onCommitted: (taskId, latencyMs) => {
      metrics.onCommitted(taskId, latencyMs)
      events.onCommitted(taskId, latencyMs)
    },
    onRetry: (taskId, error, pauseMs) => {
      metrics.onRetry(taskId, error, pauseMs)
      events.onRetry(taskId, error, pauseMs)
    },
  }
}
