import { onTestFinished } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { LogEventFeed } from '../../runtime/event-feed.ts'
import { IngestService } from '../../runtime/ingest-service.ts'
import { QueryRouter } from '../../runtime/query/query-router.ts'
import { TaskStateDirectory } from '../../runtime/state-directory.ts'
import { StreamsInstance } from '../../runtime/streams-instance.ts'
import { deserializerFor } from '../../schemas/deserializer.ts'
import type { ViewName } from '../../schemas/record-types.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { attributionTopology } from '../../topology/attribution/attribution-topology.ts'
import { eventsBut } from './ignored-events.ts'

export interface LiveStack {
  readonly query: QueryRouter
  readonly ingest: IngestService
  readonly events: LogEventFeed
  /** Begins to process; until then tasks answer that they are not ready. */
  readonly start: () => Promise<void>
}

const watched: readonly ViewName[] = [
  'observation',
  'state-changed',
  'multi-actor-suspected',
  'multi-actor-cleared',
]

/** The whole engine in memory, over three partitions; ends with the test. */
export async function liveStack(): Promise<LiveStack> {
  const fail = (error: unknown) => {
    throw new Error('the instance failed', { cause: error })
  }
  const ignore = () => undefined
  const database = new MemoryDatabase()
  const broker = await EmbeddedBroker.open({ database })
  const registry = new InProcessRegistry()
  const topology = attributionTopology({ registry, outputFormat: 'avro' }).build()
  const home = {
    open: () => Promise.resolve(new MemoryDatabase()),
    destroy: () => Promise.resolve(),
    existing: () => Promise.resolve([]),
  }
  const topics = Object.values(PUBLIC_TOPICS)
    .filter((name) => name !== PUBLIC_TOPICS['dead-letter'])
    .map((name) => ({ name, partitions: 3 }))
  await broker.createTopics(topics)
  const instance = new StreamsInstance({
    settings: {
      applicationId: 'live',
      commitIntervalMs: 20,
      checkpointIntervalMs: 100,
      memoryBytesMax: 1024 * 1024,
    },
    topology,
    broker,
    directory: new TaskStateDirectory(home, systemClock, ignore),
    clock: systemClock,
    topics,
    events: eventsBut(fail),
  })
  const decoders = new Map(
    watched.map((name) => [
      PUBLIC_TOPICS[name as keyof typeof PUBLIC_TOPICS],
      deserializerFor(name, registry),
    ]),
  )
  const events = new LogEventFeed(broker, decoders, registry, fail)
  const ingest = new IngestService(broker)
  onTestFinished(async () => {
    await events.close()
    await ingest.close()
    await instance.close()
    await broker.close()
    await database.close()
  })
  return {
    query: new QueryRouter({
      instance,
      broker,
      topology,
      applicationId: 'live',
      clock: systemClock,
      peers: null,
    }),
    ingest,
    events,
    start: () => instance.start(),
  }
}
