import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { IngestService } from '../../runtime/ingest-service.ts'
import { QueryRouter } from '../../runtime/query/query-router.ts'
import { TaskStateDirectory } from '../../runtime/state-directory.ts'
import { StreamsInstance } from '../../runtime/streams-instance.ts'
import { ConfluentRegistry } from '../../schemas/confluent/confluent-registry.ts'
import type { Observation } from '../../schemas/records.ts'
import { currentSchema } from '../../schemas/schema-files.ts'
import { registerSchema, serializerFor } from '../../schemas/serializer.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { attributionTopology } from '../../topology/attribution/attribution-topology.ts'
import { observation } from '../schemas/observations.ts'
import { eventsBut } from '../support/ignored-events.ts'
import { RegistryServer } from '../support/registry-server.ts'

const server = new RegistryServer()
beforeEach(() => server.start())
afterEach(() => server.stop())

const topic = PUBLIC_TOPICS.observation

const fail = (error: unknown) => {
  throw new Error('the instance failed', { cause: error })
}

/** An instance whose registry is the server, with one observation topic of two partitions. */
async function running() {
  const registry = await ConfluentRegistry.open({ url: server.url, timeoutMs: 500 })
  for (const name of ['state-changed', 'multi-actor-suspected', 'multi-actor-cleared'] as const) {
    await registerSchema(name, registry)
  }
  const topology = attributionTopology({ registry, outputFormat: 'avro' }).build()
  const database = new MemoryDatabase()
  const broker = await EmbeddedBroker.open({ database })
  const open = () => Promise.resolve(new MemoryDatabase())
  const home = { open, destroy: () => Promise.resolve(), existing: () => Promise.resolve([]) }
  const retries: unknown[] = []
  const instance = new StreamsInstance({
    settings: {
      applicationId: 'app',
      commitIntervalMs: 10,
      checkpointIntervalMs: 100,
      memoryBytesMax: 1024 * 1024,
    },
    topology,
    broker,
    registry,
    directory: new TaskStateDirectory(home, systemClock, () => undefined),
    clock: systemClock,
    topics: Object.values(PUBLIC_TOPICS).map((name) => ({ name, partitions: 2 })),
    events: { ...eventsBut(fail), onRetry: (_, error) => void retries.push(error) },
  })
  const query = new QueryRouter({
    instance,
    broker,
    topology,
    applicationId: 'app',
    clock: systemClock,
    peers: null,
  })
  await instance.start()
  const ingest = new IngestService(broker)
  onTestFinished(async () => {
    await ingest.close()
    await instance.close()
    await broker.close()
    await database.close()
  })
  const tasks = () => [...instance.runners.values()].map(({ task }) => task)
  return {
    ingest,
    retries,
    states: () => query.tasks().map(({ state }) => state),
    processed: () => tasks().reduce((sum, task) => sum + task.processedRecords, 0),
    deadLetters: () => tasks().reduce((sum, task) => sum + task.deadLetterCount, 0),
    /** Input positions that are committed, summed. */
    committed: () =>
      tasks()
        .flatMap((task) => task.position().inputs)
        .filter((input) => input.topic === topic)
        .reduce((sum, input) => sum + input.offset, 0),
  }
}

/** Another producer's client: it writes by a schema that the instance has not met. */
async function writerOf(extraField: string) {
  const { schema } = currentSchema('observation')
  const field = { name: extraField, type: ['null', 'string'], default: null }
  const own = { ...schema, fields: [...schema.fields, field] }
  const registry = await ConfluentRegistry.open({ url: server.url })
  const id = await registry.register(`${topic}-value`, own)
  const ours = await ConfluentRegistry.open({ url: server.url })
  return { id, encode: encoderWith(id, await ours.register('plain', schema), ours) }
}

/** Bytes of the product's schema and the extra field's null after them, under the other id. */
function encoderWith(id: number, plainId: number, registry: ConfluentRegistry) {
  const known = Object.assign(Object.create(registry) as ConfluentRegistry, {
    idOf: () => plainId,
  })
  const serialize = serializerFor('observation', known, 'avro')
  return (value: Observation) => {
    const bytes = Buffer.concat([serialize(value), Buffer.of(0)])
    bytes.writeUInt32BE(id, 1)
    return { key: value.attacker_uuid, value: bytes, timestampMs: Date.now() }
  }
}

const from = (attacker: string): Observation => ({ ...observation, attacker_uuid: attacker })

test('records of a schema that was never met are processed after one look-up', async () => {
  const instance = await running()
  const writer = await writerOf('tool')
  server.requests.length = 0
  await instance.ingest.append(topic, [writer.encode(from('a')), writer.encode(from('b'))])
  await vi.waitFor(() => expect(instance.committed()).toBe(2), 10_000)
  expect(instance.deadLetters()).toBe(0)
  expect(server.requests).toEqual([`GET /schemas/ids/${writer.id}`])
})

test('while the registry is away only tasks that need it wait, and nothing is lost', async () => {
  const instance = await running()
  const [known, unknown] = [await writerOf('tool'), await writerOf('version')]
  await instance.ingest.append(topic, [known.encode(from('a'))])
  await vi.waitFor(() => expect(instance.committed()).toBe(1), 10_000)
  await server.stop()
  await instance.ingest.append(topic, [known.encode(from('a')), unknown.encode(from('a'))])
  const waiting = 'running (waiting for the schema registry)'
  await vi.waitFor(() => expect(instance.states()).toContain(waiting), 10_000)
  expect(instance.states().filter((state) => state === waiting)).toHaveLength(1)
  // What came before it is committed while it waits.
  await vi.waitFor(() => expect(instance.committed()).toBe(2), 10_000)
  expect(instance.retries[0]).toMatchObject({ code: 'SCHEMA_REGISTRY_UNAVAILABLE' })
  await server.start()
  await vi.waitFor(() => expect(instance.committed()).toBe(3), 10_000)
  expect(instance.deadLetters()).toBe(0)
  expect(instance.states()).not.toContain(waiting)
})

test('an id that does not exist makes a dead letter of its record alone', async () => {
  const instance = await running()
  const writer = await writerOf('tool')
  const lost = writer.encode(from('a'))
  lost.value.writeUInt32BE(4_711, 1)
  await instance.ingest.append(topic, [lost, writer.encode(from('a'))])
  await vi.waitFor(() => expect(instance.committed()).toBe(2), 10_000)
  expect(instance.deadLetters()).toBe(1)
})
