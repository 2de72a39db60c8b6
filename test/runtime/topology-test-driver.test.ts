import { expect, test } from 'vitest'
import { partitionForText } from '../../bytes/murmur2.ts'
import { TopologyTestDriver, type TestDriverOptions } from '../../runtime/topology-test-driver.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import type { Processor } from '../../topology/processor.ts'
import type { KeyValueStore } from '../../topology/store.ts'
import { Topology } from '../../topology/topology.ts'
import { decodeText, encodeText, pass, processing, textStore } from '../support/tiny-topologies.ts'

type Text = Processor<string, string>

const serdes = { serializer: encodeText, deserializer: decodeText }

/** Keeps all values of a key, and forwards how often it has run since it was made. */
function collecting(store: string): () => Text {
  return () => {
    let runs = 0
    let rows!: KeyValueStore<string>
    return {
      init: (context) => void (rows = context.store(store)),
      process: ({ key, timestampMs, value }, context) => {
        const all = `${rows.get(key!) ?? ''}${value}`
        runs++
        rows.put(key!, all)
        if (value === '!') throw new Error('shouting')
        context.forward({ key, value: `${all} ${runs}`, timestampMs })
      },
    }
  }
}

/** words (keyed by anything) → re-key by the first letter → collect. */
function twoStages(): BuiltTopology {
  return new Topology()
    .addSource('words', { topics: ['word'], ...serdes })
    .addProcessor(
      're-key',
      processing((record, context) => {
        context.forward({ ...record, key: record.value.slice(0, 1) })
      }),
      { parents: ['words'] },
    )
    .addRepartition('by-letter', { ...serdes, parents: ['re-key'] })
    .addProcessor('collect', collecting('letters'), {
      parents: ['by-letter'],
      stores: [textStore('letters')],
    })
    .addSink('collected', { parents: ['collect'], topic: 'collected', serializer: encodeText })
    .build()
}

const words = (...values: string[]) =>
  values.map((value, i) => ({ key: `k${i}`, value, timestampMs: i }))

const piped = (topic: string, ...values: string[]) =>
  words(...values).map(({ value, ...record }) => ({
    ...record,
    topic,
    value: Buffer.from(value),
  }))

test('feeds repartition topics through until the topology is at rest', async () => {
  const driver = new TopologyTestDriver(twoStages())

  await driver.pipeValues('word', encodeText, words('ab', 'b', 'ac'))

  expect(driver.readValues('collected', decodeText)).toEqual([
    { key: 'a', value: 'ab 1', timestampMs: 0 },
    { key: 'b', value: 'b 2', timestampMs: 1 },
    { key: 'a', value: 'abac 3', timestampMs: 2 },
  ])
  expect(driver.readValues('test-by-letter-repartition', decodeText)).toHaveLength(3)
  expect(await driver.store('letters').entries()).toEqual([
    ['a', 'abac'],
    ['b', 'b'],
  ])
})

test('reading drains a topic', async () => {
  const driver = new TopologyTestDriver(twoStages())
  await driver.pipeValues('word', encodeText, words('a'))
  expect(driver.read('collected')).toMatchObject([{ key: 'a', partition: 0, offset: 0 }])
  expect(driver.read('collected')).toEqual([])
  expect(driver.read('never-written')).toEqual([])
})

test('a changelog holds each key that a batch changed once', async () => {
  const driver = new TopologyTestDriver(twoStages(), { applicationId: 'app' })
  await driver.pipeBatch(piped('word', 'a1', 'a2', 'b1'))
  expect(driver.read('app-letters-changelog').map(({ key }) => key)).toEqual(['a', 'b'])
})

test('records go to the partition of their key, and each partition has a task', async () => {
  const driver = new TopologyTestDriver(twoStages(), { partitions: 4 })

  await driver.pipeValues('word', encodeText, words('a', 'b', 'c', 'd', 'a'))

  for (const { key, partition } of driver.read('test-by-letter-repartition')) {
    expect(partition).toBe(partitionForText(key!, 4))
  }
  expect(await driver.store<string>('letters').get('a')).toBe('aa')
  expect((await driver.store('letters').entries()).map(([key]) => key)).toEqual([
    ...['a', 'b', 'c', 'd'],
  ])
  const times = [0, 1, 2, 3].map((partition) => driver.streamTimeMs(`1_${partition}`))
  expect(times).toContain(4)
  expect(times).toContain(-1)
})

test('a record may be put into another partition than its key’s', async () => {
  const driver = new TopologyTestDriver(twoStages(), { partitions: 2 })
  const partition = 1 - partitionForText('k', 2)
  await driver.pipe('word', { key: 'k', value: Buffer.from('a'), timestampMs: 5, partition })
  expect(driver.streamTimeMs(`0_${partition}`)).toBe(5)
})

test('a restart loses what processors kept outside of stores, and nothing else', async () => {
  const driver = new TopologyTestDriver(twoStages())
  await driver.pipeValues('word', encodeText, words('a', 'a'))
  expect(driver.readValues('collected', decodeText).at(-1)!.value).toBe('aa 2')

  await driver.restart()
  await driver.pipeValues('word', encodeText, words('a'))

  expect(driver.readValues('collected', decodeText)).toMatchObject([{ value: 'aaa 1' }])
  expect(driver.streamTimeMs('1_0')).toBe(1)
})

test('a failed record is a dead letter with its origin, also in the dead-letter topic', async () => {
  const driver = new TopologyTestDriver(twoStages())

  await driver.pipeBatch(piped('word', 'a', '!', 'a'))

  expect(driver.deadLetters).toMatchObject([
    {
      topic: 'test-by-letter-repartition',
      offset: 1,
      key: '!',
      value: Buffer.from('!'),
      error: { node: 'collect', cause: new Error('shouting') },
    },
  ])
  const [buried] = driver.read('test-dlq')
  const headers = new Map(buried!.headers.map(({ key, value }) => [key, value?.toString()]))
  expect(headers.get('dlq.topic')).toBe('test-by-letter-repartition')
  expect(headers.get('dlq.task')).toBe('1_0')
  expect(await driver.store('letters').entries()).toEqual([['a', 'aa']])
})

const hardships: [string, TestDriverOptions][] = [
  ['every read misses', { missEverything: true }],
  ['half of the reads miss', { missRandomly: { seed: 7, probability: 0.5 } }],
]

test.each(hardships)('results are the same when %s', async (_what, options) => {
  const values = Array.from({ length: 60 }, (_, i) => 'abcdef!'[(i * i) % 7]!)
  const easy = new TopologyTestDriver(twoStages(), { partitions: 2 })
  const hard = new TopologyTestDriver(twoStages(), { partitions: 2, ...options })
  for (const driver of [easy, hard]) await driver.pipeBatch(piped('word', ...values))

  const misses = (driver: TopologyTestDriver) => driver.counters.get('collect/misses') ?? 0
  expect(misses(hard)).toBeGreaterThan(misses(easy))
  const errors = (driver: TopologyTestDriver) => driver.deadLetters.map(({ offset }) => offset)
  expect(errors(hard)).toEqual(errors(easy))
  expect(await hard.store('letters').entries()).toEqual(await easy.store('letters').entries())
  expect(hard.read('test-letters-changelog')).toEqual(easy.read('test-letters-changelog'))
})

test('the wall clock moves by hand and punctuates once a step', async () => {
  const topology = new Topology()
    .addSource('in', { topics: ['in'], ...serdes })
    .addProcessor(
      'tick',
      (): Text => ({
        ...pass(),
        punctuate: (timeMs, context) => {
          context.forward({ key: null, value: `tick ${timeMs}`, timestampMs: timeMs })
        },
      }),
      { parents: ['in'], punctuation: { clock: 'wall-clock', intervalMs: 100 } },
    )
    .addSink('out', { parents: ['tick'], topic: 'out', serializer: encodeText })
  const driver = new TopologyTestDriver(topology.build(), { wallClockMs: 1000 })

  await driver.advanceWallClock(99)
  expect(driver.read('out')).toEqual([])
  await driver.advanceWallClock(1)
  await driver.advanceWallClock(350)

  expect(driver.wallClockMs).toBe(1450)
  expect(driver.readValues('out', decodeText).map(({ value }) => value)).toEqual([
    'tick 1100',
    'tick 1450',
  ])
})

test('a failure without a record is kept apart from the dead letters', async () => {
  const topology = new Topology().addSource('in', { topics: ['in'], ...serdes }).addProcessor(
    'work',
    (): Text => ({
      process: ({ value }, context) => context.atBatchEnd(value),
      batchEnd: (key) => {
        throw new Error(`cannot end ${key}`)
      },
    }),
    { parents: ['in'] },
  )
  const driver = new TopologyTestDriver(topology.build())
  await driver.pipeValues('in', encodeText, words('x'))
  expect(driver.failures.map(({ message }) => message)).toEqual([
    'task 0_0: node work failed at the end of a batch, key "x": cannot end x',
  ])
  expect(driver.deadLetters).toEqual([])
})

test('global tables follow their topic and keep the last row that could be decoded', async () => {
  const topology = new Topology()
    .addGlobalTable('rules', {
      topic: 'rule',
      deserializer: (raw) => {
        const text = decodeText(raw)
        if (text === '!') throw new Error('not a rule')
        return text
      },
    })
    .addSource('in', { topics: ['in'], ...serdes })
    .addProcessor(
      'look-up',
      processing((record, context) => {
        const value = context.globalTable<string>('rules').get(record.value) ?? 'none'
        context.forward({ ...record, value })
      }),
      { parents: ['in'], globalTables: ['rules'] },
    )
    .addSink('out', { parents: ['look-up'], topic: 'out', serializer: encodeText })
  const driver = new TopologyTestDriver(topology.build(), { partitions: 2 })
  const rule = (value: string | null) =>
    driver.pipe('rule', {
      key: 'x',
      value: value === null ? null : Buffer.from(value),
      timestampMs: 0,
    })
  const answer = async () => {
    await driver.pipeValues('in', encodeText, words('x'))
    return driver.readValues('out', decodeText)[0]!.value
  }

  expect(await answer()).toBe('none')
  await rule('first')
  expect(await answer()).toBe('first')
  await rule('!')
  expect(await answer()).toBe('first')
  expect(driver.failures).toEqual([new Error('not a rule')])
  await rule(null)
  expect(await answer()).toBe('none')
})

test('a pattern reads the topics that exist, and a topic that is written is read again', async () => {
  const topology = new Topology()
    .addSource('in', { topics: { pattern: 'event\\..+' }, ...serdes })
    .addProcessor(
      'echo',
      processing((record, context) => {
        if (record.value.length < 3) context.forward({ ...record, value: `${record.value}.` })
      }),
      { parents: ['in'] },
    )
    .addSink('out', { parents: ['echo'], topic: 'event.echo', serializer: encodeText })
  const driver = new TopologyTestDriver(topology.build(), { topics: ['event.a', 'other'] })

  await driver.pipeValues('event.a', encodeText, words('x'))

  const echoes = driver.readValues('event.echo', decodeText).map(({ value }) => value)
  expect(echoes).toEqual(['x.', 'x..'])
  await expect(driver.pipeValues('other', encodeText, words('x'))).rejects.toThrow(
    /does not read topic other; it reads: event\.a, event\.echo/,
  )
})

test('append time of the broker replaces the time of the record', async () => {
  const seen: unknown[] = []
  const topology = new Topology().addSource('in', { topics: ['in'], ...serdes }).addProcessor(
    'note',
    processing((record, { metadata }) => {
      seen.push([record.timestampMs, metadata!.appendTimeMs])
    }),
    { parents: ['in'] },
  )
  const driver = new TopologyTestDriver(topology.build())
  const record = { key: null, value: Buffer.from('x'), timestampMs: 5 }

  await driver.pipe('in', record)
  await driver.pipe('in', { ...record, appendTimeMs: 9 })

  expect(seen).toEqual([
    [5, null],
    [9, 9],
  ])
})

test('a topology that feeds itself for ever is stopped with an error', async () => {
  const topology = new Topology()
    .addSource('in', { topics: ['in'], ...serdes })
    .addProcessor('again', pass, { parents: ['in', 'loop'] })
    .addRepartition('loop', { ...serdes, parents: ['again'] })
  const driver = new TopologyTestDriver(topology.build(), { batchesMax: 50 })
  await expect(driver.pipeValues('in', encodeText, words('x'))).rejects.toThrow(
    /does not come to rest: 50 batches/,
  )
})

test('stores and tasks that do not exist are refused by name', () => {
  const driver = new TopologyTestDriver(twoStages())
  expect(() => driver.store('numbers')).toThrow('no store numbers')
  expect(() => driver.streamTimeMs('7_0')).toThrow('no task 7_0')
})
