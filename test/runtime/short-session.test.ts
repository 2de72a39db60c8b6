import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { TaskStateDirectory } from '../../runtime/state-directory.ts'
import { StreamsInstance } from '../../runtime/streams-instance.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { Topology } from '../../topology/topology.ts'
import { eventsBut } from '../support/ignored-events.ts'
import { decodeText, encodeText, pass } from '../support/tiny-topologies.ts'

const SESSION_MS = 600

test('an instance is heard of several times in a session, however short that is', async () => {
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  let losses = 0
  const home = {
    open: () => Promise.resolve(new MemoryDatabase()),
    destroy: () => Promise.resolve(),
    existing: () => Promise.resolve([]),
  }
  const instance = new StreamsInstance({
    settings: {
      applicationId: 'app',
      commitIntervalMs: 5,
      checkpointIntervalMs: 20,
      memoryBytesMax: 1024 * 1024,
      sessionTimeoutMs: SESSION_MS,
    },
    topology: new Topology()
      .addSource('words', { topics: ['word'], deserializer: decodeText })
      .addProcessor('pass', pass, { parents: ['words'] })
      .addSink('told', { parents: ['pass'], topic: 'told', serializer: encodeText })
      .build(),
    broker,
    directory: new TaskStateDirectory(home, systemClock, () => undefined),
    clock: systemClock,
    topics: ['word', 'told'].map((name) => ({ name, partitions: 1 })),
    events: { ...eventsBut(() => undefined), onLost: () => losses++ },
  })
  onTestFinished(async () => {
    await instance.close()
    await broker.close()
  })
  await instance.start()
  await sleep(2.5 * SESSION_MS)
  await instance.confirmMembership()
  expect([losses, instance.rebalances]).toEqual([0, 1])
})
