import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import { systemClock } from '../broker/clock.ts'
import type { Broker } from '../broker/port.ts'
import { DeadLetterLog } from '../runtime/dlq/dead-letter-log.ts'
import { LogEventFeed } from '../runtime/event-feed.ts'
import { IngestService } from '../runtime/ingest-service.ts'
import type { InstanceEvents } from '../runtime/instance-events.ts'
import { InstanceMetrics } from '../runtime/instance-metrics.ts'
import { QueryRouter } from '../runtime/query/query-router.ts'
import { RepartitionPurge } from '../runtime/repartition-purge.ts'
import { rocksDbHome, TaskStateDirectory } from '../runtime/state-directory.ts'
import { StreamsInstance } from '../runtime/streams-instance.ts'
import { InProcessRegistry } from '../schemas/in-process-registry.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import type { PeerClient } from '../state/peer-port.ts'
import type { BuiltTopology } from '../topology/nodes.ts'
import { productSerdes, productTopology } from '../topology/product-topology.ts'
import type { ResolvedConfig } from './config/settings.ts'
import { openInstanceLog } from './instance-log.ts'
import { openSchemaRegistry } from './open-schema-registry.ts'
import { topicsToCreate, watchable } from './public-topics.ts'

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
  /** What runs. @default what the configuration says */
  readonly topology?: (registry: SchemaRegistry) => BuiltTopology
}

export interface TopologyUse {
  /** Where the records' schemas are; absent: for the topology's shape alone, not to be run. */
  readonly registry?: SchemaRegistry
  /** False: for a replay, which must not obey what the live workers were told. @default true */
  readonly hasWorkers?: boolean
}

/** The product's topology as configured. */
export function configuredTopology(config: ResolvedConfig, use: TopologyUse = {}): BuiltTopology {
  const { registry = new InProcessRegistry(), hasWorkers = true } = use
  const { observationRetentionMs } = config
  return productTopology({
    attribution: {
      observationTopics: config.observationTopics,
      multiActorWindowMs: config.multiActorWindowMs,
      multiActorMinPrimitives: config.multiActorMinPrimitives,
      maxFutureSkewMs: config.maxFutureSkewMs,
      ...(observationRetentionMs === null ? {} : { observationRetentionMs }),
    },
    clusterer: config.identityClusterer,
    genericEvidenceLimit: config.genericEvidenceLimit,
    hasWorkers,
    serdes: productSerdes(registry, config.outputFormat),
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
  const topology = options.topology?.(registry) ?? configuredTopology(config, { registry })
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
    counted.onWarning(`event streams show nothing for a while: ${(error as Error).message}`)
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
