import { onTestFinished } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { KEY_SEPARATOR, toByteString } from '../../bytes/byte-string.ts'
import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import { LogEventFeed } from '../../runtime/event-feed.ts'
import { IngestService } from '../../runtime/ingest-service.ts'
import { QueryService } from '../../runtime/query-service.ts'
import { TaskStateDirectory } from '../../runtime/state-directory.ts'
import { StreamsInstance } from '../../runtime/streams-instance.ts'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { Observation } from '../../schemas/records.ts'
import {
  attackerObservationsStore,
  identityMembersStore,
  type AttackerObservationRow,
  type IdentityMemberRow,
} from '../../state/attribution-rows.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import type { KeyValueStore, StoreSpec } from '../../topology/store.ts'
import { Topology } from '../../topology/topology.ts'

/** Rows as JSON: what is stored is not what these tests are about. */
function jsonStore<V>(name: string): StoreSpec<V> {
  return {
    name,
    codec: {
      encode: (value: V, into: ByteWriter) => into.string(JSON.stringify(value)),
      decode: (from: ByteReader) => JSON.parse(from.string()) as V,
    },
  }
}

/** Keeps each observation, and each attacker as an identity of its own. */
function keepingTopology(): BuiltTopology {
  return new Topology()
    .addSource('observations', {
      topics: ['attacker.observation'],
      deserializer: deserializerFor('observation', new InProcessRegistry()),
    })
    .addProcessor<Observation, never>(
      'keep',
      () => {
        let observations: KeyValueStore<AttackerObservationRow>
        let members: KeyValueStore<IdentityMemberRow>
        return {
          init: (context) => {
            observations = context.store(attackerObservationsStore)
            members = context.store(identityMembersStore)
          },
          process: ({ value: observation }) => {
            const { attacker_uuid, confidence, evidence_ref, primitive, ts, value } = observation
            const attacker = toByteString(attacker_uuid)
            const key = [attacker_uuid, primitive, evidence_ref].join(KEY_SEPARATOR)
            observations.put(toByteString(key), { ts, seq: 1, value, confidence })
            const member = { firstSeen: ts, updatedTs: ts }
            members.put(attacker + KEY_SEPARATOR + attacker, member)
          },
        }
      },
      {
        parents: ['observations'],
        stores: [
          jsonStore<AttackerObservationRow>(attackerObservationsStore),
          jsonStore<IdentityMemberRow>(identityMembersStore),
        ],
      },
    )
    .build()
}

export interface LiveStack {
  readonly query: QueryService
  readonly ingest: IngestService
  readonly events: LogEventFeed
  /** Begins to process; until then tasks answer that they are not ready. */
  readonly start: () => Promise<void>
}

/** The real log, tasks and ports in memory, over three partitions; ends with the test. */
export async function liveStack(): Promise<LiveStack> {
  const fail = (error: unknown) => {
    throw new Error('the instance failed', { cause: error })
  }
  const ignore = () => undefined
  const database = new MemoryDatabase()
  const broker = await EmbeddedBroker.open({ database })
  const topology = keepingTopology()
  const home = {
    open: () => Promise.resolve(new MemoryDatabase()),
    destroy: () => Promise.resolve(),
  }
  const topics = [{ name: 'attacker.observation', partitions: 3 }]
  await broker.createTopics(topics)
  const instance = new StreamsInstance({
    settings: {
      applicationId: 'live',
      commitIntervalMs: 20,
      checkpointIntervalMs: 100,
      cacheBytesMax: 1024 * 1024,
    },
    topology,
    broker,
    directory: new TaskStateDirectory(home, systemClock, ignore),
    clock: systemClock,
    topics,
    events: {
      onAssigned: ignore,
      onLost: ignore,
      onCommitted: ignore,
      onRetry: ignore,
      onMigrated: ignore,
      onFatal: fail,
    },
  })
  const decode = deserializerFor('observation', new InProcessRegistry())
  const events = new LogEventFeed(broker, new Map([['attacker.observation', decode]]), fail)
  const ingest = new IngestService(broker)
  onTestFinished(async () => {
    await events.close()
    await ingest.close()
    await instance.close()
    await broker.close()
    await database.close()
  })
  return {
    query: new QueryService(instance, topology, 'live'),
    ingest,
    events,
    start: () => instance.start(),
  }
}
