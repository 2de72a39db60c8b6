import { expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { TaskStateDirectory } from '../../runtime/state-directory.ts'
import { StreamsInstance } from '../../runtime/streams-instance.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import type { Processor } from '../../topology/processor.ts'
import type { KeyValueStore } from '../../topology/store.ts'
import { Topology } from '../../topology/topology.ts'
import { readValues, sendValues } from '../support/broker-records.ts'
import { eventsBut } from '../support/ignored-events.ts'
import { decodeText, encodeText, textStore } from '../support/tiny-topologies.ts'

const serdes = { serializer: encodeText, deserializer: decodeText }

/** Appends to each word how many there were with it. */
function counting(): Processor<string, string> {
  let counts!: KeyValueStore<string>
  return {
    init: (context) => void (counts = context.store('counts')),
    process: (record, context) => {
      const count = Number(counts.get('all') ?? '0') + 1
      counts.put('all', String(count))
      context.forward({ ...record, value: `${record.value} ${count}` })
    },
  }
}

const topology = new Topology()
  .addSource('words', { topics: ['word'], ...serdes })
  .addProcessor('count', counting, { parents: ['words'], stores: [textStore('counts')] })
  .addSink('counted', { parents: ['count'], topic: 'counted', serializer: encodeText })
  .build()

/** An instance on the embedded log, and on a disk that may be full. */
async function running() {
  const disk = new MemoryDisk()
  const full = { isFull: false }
  disk.beforeOperation = (operation) =>
    full.isFull && operation !== 'read'
      ? Promise.reject(new Error('No space left on device'))
      : Promise.resolve()
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  const home = {
    open: () => Promise.resolve(new MemoryDatabase(disk)),
    destroy: () => Promise.resolve(),
    existing: () => Promise.resolve([]),
  }
  const told: { message: string; pauseMs: number }[] = []
  const start = async () => {
    const instance = new StreamsInstance({
      settings: {
        applicationId: 'app',
        commitIntervalMs: 5,
        checkpointIntervalMs: 20,
        memoryBytesMax: 1024 * 1024,
        retryBackoffMaxMs: 200,
      },
      topology,
      broker,
      directory: new TaskStateDirectory(home, systemClock, () => undefined),
      clock: systemClock,
      topics: ['word', 'counted'].map((name) => ({ name, partitions: 1 })),
      events: {
        ...eventsBut((error) => told.push({ message: String(error), pauseMs: -1 })),
        onRetry: (_, error, pauseMs) => told.push({ message: (error as Error).message, pauseMs }),
      },
    })
    await instance.start()
    return instance
  }
  const producer = broker.producer()
  onTestFinished(() => broker.close())
  return {
    broker,
    full,
    told,
    start,
    send: (...words: string[]) => sendValues(producer, 'word', words),
    runner: (instance: StreamsInstance) => [...instance.runners.values()][0]!,
  }
}

test('a task whose disk is full stalls, and goes on where it was when there is room', async () => {
  const { broker, full, runner, send, start, told } = await running()
  const instance = await start()
  await send('a', 'b')
  await vi.waitFor(async () => expect(await readValues(broker, 'counted')).toHaveLength(2))

  full.isFull = true
  await send('c')
  await vi.waitFor(() => expect(runner(instance).isStalled).toBe(true))
  const { processedRecords } = runner(instance).task
  await send('d', 'e', 'f')
  await vi.waitFor(() => expect(told.length).toBeGreaterThan(4))
  expect(runner(instance).task.processedRecords).toBe(processedRecords)
  expect(told.slice(0, 4)).toEqual(
    [100, 200, 200, 200].map((pauseMs) => {
      return { message: expect.stringContaining('No space left on device') as string, pauseMs }
    }),
  )

  full.isFull = false
  const counted = ['a 1', 'b 2', 'c 3', 'd 4', 'e 5', 'f 6']
  await vi.waitFor(async () => expect(await readValues(broker, 'counted')).toEqual(counted))
  expect(runner(instance).isStalled).toBe(false)
  await instance.close()
})

test('an instance stops on a full disk, and the next one has the rest from the log', async () => {
  const { broker, full, send, start, told } = await running()
  const first = await start()
  await send('a')
  await vi.waitFor(async () => expect(await readValues(broker, 'counted')).toHaveLength(1))
  full.isFull = true
  await send('b')
  await vi.waitFor(() => expect(told).not.toEqual([]))
  await first.close()
  expect(told.filter(({ pauseMs }) => pauseMs < 0)).toEqual([])

  const second = await start()
  await send('c')
  await vi.waitFor(() => expect(told.at(-1)?.pauseMs).toBeGreaterThan(100))
  expect(await readValues(broker, 'counted')).toEqual(['a 1', 'b 2'])
  full.isFull = false
  await vi.waitFor(async () => {
    expect(await readValues(broker, 'counted')).toEqual(['a 1', 'b 2', 'c 3'])
  })
  await second.close()
})
