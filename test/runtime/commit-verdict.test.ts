import { expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { RetriableError, UnknownOutcomeError } from '../../broker/errors.ts'
import type { Broker } from '../../broker/port.ts'
import type { InstanceSettings } from '../../runtime/instance-options.ts'
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
import { withMethods } from '../support/with-methods.ts'

const serdes = { serializer: encodeText, deserializer: decodeText }
const PUNCTUATION_MS = 20

/** While false, punctuations pass. */
const gate = { isOpen: false }

/** Numbers words as they come; `later …` is numbered by a punctuation. */
function numbering(): Processor<string, string> {
  let rows!: KeyValueStore<string>
  const numbered = (): string => {
    const number = String(Number(rows.get('last') ?? '0') + 1)
    rows.put('last', number)
    return number
  }
  return {
    init: (context) => void (rows = context.store('rows')),
    process: (record, context) => {
      if (record.value.startsWith('later')) rows.put('later', record.value)
      else context.forward({ ...record, value: `${record.value} ${numbered()}` })
    },
    punctuate: (timestampMs, context) => {
      const later = gate.isOpen ? rows.get('later') : undefined
      if (later === undefined) return
      rows.delete('later')
      context.forward({ key: null, value: `${later} ${numbered()}`, timestampMs })
    },
  }
}

const topology = new Topology()
  .addSource('words', { topics: ['word'], ...serdes })
  .addProcessor('number', numbering, {
    parents: ['words'],
    stores: [textStore('rows')],
    punctuation: { clock: 'wall-clock', intervalMs: PUNCTUATION_MS },
  })
  .addSink('numbered', { parents: ['number'], topic: 'numbered', serializer: encodeText })
  .build()

/** What goes wrong, as long as it is set. */
interface Faults {
  /** Of the next commit alone. */
  commit: 'request-lost' | 'reply-lost' | null
  /** As `commit`, of offsets that are committed without a transaction. */
  offsets: 'reply-lost' | null
  /** The producer cannot be fenced. */
  init: boolean
  /** Committed offsets cannot be read. */
  committed: boolean
}

function faulty(broker: Broker, faults: Faults, refused: () => void): Broker {
  const refuse = (): Promise<never> => {
    refused()
    return Promise.reject(new RetriableError('injected: coordinator away'))
  }
  return withMethods(broker, {
    transaction: (id, options) => {
      const inner = broker.transaction(id, options)
      return withMethods(inner, {
        init: () => (faults.init ? refuse() : inner.init()),
        commit: async () => {
          const { commit } = faults
          faults.commit = null
          if (commit !== 'request-lost') await inner.commit()
          if (commit !== null) throw new UnknownOutcomeError(`injected: ${commit}`)
        },
      })
    },
    group: (options) => {
      const inner = broker.group(options)
      return withMethods(inner, {
        committed: (partitions) => (faults.committed ? refuse() : inner.committed(partitions)),
        commit: async (offsets) => {
          await inner.commit(offsets)
          if (faults.offsets === null) return
          faults.offsets = null
          await refuse()
        },
      })
    },
  })
}

async function running(settings: Partial<InstanceSettings> = {}) {
  gate.isOpen = false
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  onTestFinished(() => broker.close())
  const faults: Faults = { commit: null, offsets: null, init: false, committed: false }
  const refused = vi.fn()
  const disk = new MemoryDisk()
  const home = {
    open: () => Promise.resolve(new MemoryDatabase(disk)),
    destroy: () => Promise.resolve(),
    existing: () => Promise.resolve([]),
  }
  const fatal: unknown[] = []
  const start = async () => {
    const instance = new StreamsInstance({
      settings: {
        applicationId: 'app',
        commitIntervalMs: 5,
        checkpointIntervalMs: 20,
        memoryBytesMax: 1024 * 1024,
        retryBackoffMaxMs: 50,
        ...settings,
      },
      topology,
      broker: faulty(broker, faults, refused),
      directory: new TaskStateDirectory(home, systemClock, () => undefined),
      clock: systemClock,
      topics: ['word', 'numbered'].map((name) => ({ name, partitions: 1 })),
      events: eventsBut((error) => fatal.push(error)),
    })
    await instance.start()
    return instance
  }
  const producer = broker.producer()
  return {
    faults,
    refused,
    fatal,
    start,
    /** Everything that was sent is processed and committed. */
    settled: (instance: StreamsInstance, records: number) =>
      vi.waitFor(() => {
        const { task } = [...instance.runners.values()][0]!
        expect(task.processedRecords).toBe(records)
        expect(task.isDirty).toBe(false)
      }),
    send: (...words: string[]) => sendValues(producer, 'word', words),
    numbered: () => readValues(broker, 'numbered'),
  }
}

test.each(['request-lost', 'reply-lost'] as const)(
  'what a punctuation did alone is committed once: %s',
  async (fault) => {
    const { faults, numbered, send, settled, start } = await running()
    const instance = await start()
    await send('a', 'later b')
    await settled(instance, 2)
    faults.commit = fault
    gate.isOpen = true
    await vi.waitFor(() => expect(faults.commit).toBe(null))
    await vi.waitFor(async () => expect(await numbered()).toEqual(['a 1', 'later b 2']))
    await send('c')
    await vi.waitFor(async () => expect(await numbered()).toHaveLength(3))
    await instance.close()
    expect(await numbered()).toEqual(['a 1', 'later b 2', 'c 3'])
  },
)

test.each([
  ['request-lost', 'init'],
  ['request-lost', 'committed'],
  ['reply-lost', 'init'],
  ['reply-lost', 'committed'],
] as const)(
  'a commit is judged however late its verdict can be had: %s, then %s refused',
  async (commit, step) => {
    const { fatal, faults, numbered, refused, send, settled, start } = await running()
    const instance = await start()
    await send('a')
    await settled(instance, 1)
    Object.assign(faults, { commit, [step]: true })
    await send('b')
    await vi.waitFor(() => expect(refused.mock.calls.length).toBeGreaterThan(2))
    faults[step] = false
    await send('c')
    await vi.waitFor(async () => expect(await numbered()).toHaveLength(3))
    await instance.close()
    const again = await start()
    await send('d')
    await vi.waitFor(async () => expect(await numbered()).toHaveLength(4))
    await again.close()
    expect(await numbered()).toEqual(['a 1', 'b 2', 'c 3', 'd 4'])
    expect(fatal).toEqual([])
  },
)

test('state goes with offsets that were committed without an answer, without transactions too', async () => {
  const { faults, numbered, send, settled, start } = await running({
    processingGuarantee: 'at_least_once',
  })
  const instance = await start()
  await send('a')
  await settled(instance, 1)
  faults.offsets = 'reply-lost'
  await send('b')
  await vi.waitFor(() => expect(faults.offsets).toBe(null))
  await send('c')
  await vi.waitFor(async () => expect(await numbered()).toHaveLength(3))
  await instance.close()
  expect(await numbered()).toEqual(['a 1', 'b 2', 'c 3'])
})

test('a task that is stopped before it stood at its offsets again commits nothing beyond them', async () => {
  const { faults, numbered, refused, send, settled, start } = await running()
  const instance = await start()
  await send('a')
  await settled(instance, 1)
  Object.assign(faults, { commit: 'request-lost', committed: true })
  await send('b')
  // Once for the verdict, then to stand there again.
  await vi.waitFor(() => expect(refused.mock.calls.length).toBeGreaterThan(1))
  await send('c')
  await vi.waitFor(() => {
    const [queue] = [...instance.runners.values()][0]!.task.queues
    expect(queue!.fetchedTo).toBeGreaterThan(queue!.nextOffset)
  })
  await instance.close()
  faults.committed = false
  const again = await start()
  await vi.waitFor(async () => expect(await numbered()).toHaveLength(3))
  await again.close()
  expect(await numbered()).toEqual(['a 1', 'b 2', 'c 3'])
})
