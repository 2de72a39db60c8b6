import { expect, test } from 'vitest'
import { ProcessingError } from '../../topology/errors.ts'
import type { ProcessorOptions } from '../../topology/options.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../topology/processor.ts'
import { storeMiss, type KeyValueStore } from '../../topology/store.ts'
import { Topology } from '../../topology/topology.ts'
import { ExecutorUnderTest, sourceRecord } from '../support/executor-under-test.ts'
import { decodeText, encodeText, pass, processing, textStore } from '../support/tiny-topologies.ts'

type Text = Processor<string, string>
type Context = ProcessorContext<string>

const letters = textStore('letters')

/** `in` → `work` (with the store `letters`) → `out`. */
function withWork(
  supplier: ProcessorSupplier<string, string>,
  options: Partial<ProcessorOptions> = {},
): Topology {
  return new Topology()
    .addSource('in', { topics: ['in'], deserializer: decodeText })
    .addProcessor('work', supplier, { parents: ['in'], stores: [letters], ...options })
    .addSink('out', { parents: ['work'], topic: 'out', serializer: encodeText })
}

/** Appends what comes to what the store has under the key, and forwards the whole. */
class Append implements Text {
  #store!: KeyValueStore<string>

  init(context: Context): void {
    this.#store = context.store(letters.name)
  }

  process({ timestampMs, value }: { timestampMs: number; value: string }, context: Context): void {
    const key = value.slice(0, 1)
    const whole = (this.#store.get(key) ?? '') + value
    this.#store.put(key, whole)
    context.count('appended')
    context.forward({ key, value: whole, timestampMs })
    if (value.endsWith('!')) throw new Error('shouting')
  }
}

const texts = (under: ExecutorUnderTest, topic = 'out') =>
  under.sent(topic).map(({ value }) => value)

test('a record that misses leaves nothing, and runs anew once it was fetched', async () => {
  const misses = () => true
  const under = await ExecutorUnderTest.open(withWork(() => new Append()).build(), { misses })
  const records = [sourceRecord(0, 'a1'), sourceRecord(1, 'a2'), sourceRecord(2, 'b1')]

  expect(under.executor.run(records, 0, 0)).toEqual({ next: 0, missed: true })
  expect(texts(under)).toEqual([])
  expect(under.executor.streamTimeMs).toBe(-1)

  await under.stores.fetchMissing()
  expect(under.executor.run(records, 0, 0)).toEqual({ next: 1, missed: true })
  await under.stores.fetchMissing()
  expect(under.executor.run(records, 1, 0)).toEqual({ next: 2, missed: true })
  await under.stores.fetchMissing()
  expect(under.executor.run(records, 2, 0)).toEqual({ next: 3, missed: false })

  expect(texts(under)).toEqual(['a1', 'a1a2', 'b1'])
  expect([...under.counters]).toEqual([
    ['work/misses', 3],
    ['work/appended', 3],
  ])
})

test('hints of the source fetch what would miss', async () => {
  const topology = new Topology()
    .addSource('in', {
      topics: ['in'],
      deserializer: decodeText,
      prefetch: (value, _key, touch) => {
        touch.key(letters.name, value.slice(0, 1))
        return false
      },
    })
    .addProcessor('work', () => new Append(), { parents: ['in'], stores: [letters] })
    .addSink('out', { parents: ['work'], topic: 'out', serializer: encodeText })
  const under = await ExecutorUnderTest.open(topology.build())
  const records = [sourceRecord(0, 'a1'), sourceRecord(1, 'b1')]

  await under.executor.prefetch(records)

  expect(await under.run(records)).toBe(0)
})

test('a hint is asked again for what the rows that it touched name', async () => {
  const asked: string[] = []
  const topology = new Topology()
    .addSource('in', {
      topics: ['in'],
      deserializer: decodeText,
      prefetch: (value, _key, touch) => {
        let row: unknown = value
        // A chain of rows, each naming the next.
        while (typeof row === 'string') {
          asked.push(row)
          row = touch.key(letters.name, row)
        }
        return row === null
      },
    })
    .addProcessor('work', () => new Append(), { parents: ['in'], stores: [letters] })
  const under = await ExecutorUnderTest.open(topology.build(), { cacheBytesMax: 0 })
  under.state.begin()
  for (const [key, next] of ['ab', 'bc', 'cd', 'de']) under.store(letters.name).put(key!, next)
  under.state.commit()
  await under.endBatch()
  await under.endBatch()

  await under.executor.prefetch([sourceRecord(0, 'a'), sourceRecord(1, 'x')])

  expect(asked.join('')).toBe('ax' + 'ab' + 'abc')
  expect(under.stores.hasMissing).toBe(false)
})

test('a hint that throws is counted and costs nothing else', async () => {
  const topology = new Topology()
    .addSource('in', {
      topics: ['in'],
      deserializer: decodeText,
      prefetch: () => {
        throw new Error('hint')
      },
    })
    .addProcessor('work', pass, { parents: ['in'] })
  const under = await ExecutorUnderTest.open(topology.build())

  await under.executor.prefetch([sourceRecord(0, 'a')])

  expect([...under.counters]).toEqual([['in/prefetch-errors', 1]])
})

test('a record that throws leaves nothing but a report that says where', async () => {
  const under = await ExecutorUnderTest.open(withWork(() => new Append()).build())
  const shouted = sourceRecord(7, 'a!', { partition: 3, timestampMs: 70 })

  await under.run([sourceRecord(0, 'a1'), shouted, sourceRecord(8, 'a2')])
  await under.endBatch()

  expect(texts(under)).toEqual(['a1', 'a1a2'])
  expect(await under.rows('letters')).toEqual([['a', 'a1a2']])
  expect(under.counters.get('work/appended')).toBe(2)
  expect(under.counters.get('work/errors')).toBe(1)
  expect(under.failures).toHaveLength(1)
  const { error, record } = under.failures[0]!
  expect(record).toBe(shouted)
  expect(error).toBeInstanceOf(ProcessingError)
  expect(error).toMatchObject({ node: 'work', taskId: '0_0', topic: 'in', partition: 3, offset: 7 })
  expect(error.message).toBe('task 0_0: node work failed on in-3 at offset 7: shouting')
  expect(error.cause).toEqual(new Error('shouting'))
})

test('the error names the innermost node, also after an inner call returned', async () => {
  const topology = withWork(
    processing((record, context) => {
      context.forward(record)
      if (record.value === 'outer') throw new Error('outer')
    }),
  ).addProcessor(
    'inner',
    processing(({ value }) => {
      if (value === 'inner') throw new Error('inner')
    }),
    { parents: ['work'] },
  )
  const under = await ExecutorUnderTest.open(topology.build())

  await under.run([sourceRecord(0, 'inner'), sourceRecord(1, 'outer')])

  expect(under.failures.map(({ error }) => error.node)).toEqual(['inner', 'work'])
})

test('a value that a sink cannot encode is reported with the name of the sink', async () => {
  const topology = new Topology()
    .addSource('in', { topics: ['in'], deserializer: decodeText })
    .addSink('out', {
      parents: ['in'],
      topic: 'out',
      serializer: () => {
        throw new TypeError('not a value')
      },
    })
  const under = await ExecutorUnderTest.open(topology.build())

  await under.run([sourceRecord(0, 'x')])

  expect(under.failures[0]!.error).toMatchObject({
    node: 'out',
    cause: new TypeError('not a value'),
  })
})

test('what is thrown need not be an error', async () => {
  const under = await ExecutorUnderTest.open(
    withWork(
      processing(() => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- foreign code does
        throw 'text'
      }),
    ).build(),
  )
  await under.run([sourceRecord(0, 'x')])
  expect(under.failures[0]!.error.message).toMatch(/: text$/)
})

test.each([
  ['swallows', (read: () => unknown) => void attempt(read)],
  [
    'wraps',
    (read: () => unknown) => {
      const caught = attempt(read)
      if (caught !== null) throw new Error('wrapped', { cause: caught })
    },
  ],
])('a processor that %s a miss runs anew all the same', async (_what, guarded) => {
  let store!: KeyValueStore<string>
  const under = await ExecutorUnderTest.open(
    withWork(() => ({
      init: (context) => void (store = context.store(letters.name)),
      process: (record, context) => {
        guarded(() => store.get('a'))
        context.forward(record)
      },
    })).build(),
  )

  expect(await under.run([sourceRecord(0, 'x')])).toBe(1)
  expect(texts(under)).toEqual(['x'])
  expect(under.failures).toEqual([])
})

function attempt(read: () => unknown): unknown {
  try {
    read()
    return null
  } catch (error) {
    expect(error).toBe(storeMiss)
    return error
  }
}

test('forward runs the children depth first, in order of declaration, or the one named', async () => {
  const calls: string[] = []
  const noting = (name: string) =>
    processing((record, context) => {
      calls.push(`${name} ${record.value}`)
      context.forward({ ...record, value: `${record.value}.` })
    })
  const topology = new Topology()
    .addSource('in', { topics: ['in'], deserializer: decodeText })
    .addProcessor(
      'work',
      processing((record, context) => {
        context.forward({ ...record, value: 'all' })
        context.forward({ ...record, value: 'one' }, 'right')
      }),
      { parents: ['in'] },
    )
    .addProcessor('left', noting('left'), { parents: ['work'] })
    .addProcessor('right', noting('right'), { parents: ['work'] })
    .addProcessor('end', noting('end'), { parents: ['left'] })
  const under = await ExecutorUnderTest.open(topology.build())

  await under.run([sourceRecord(0, 'x')])

  expect(calls).toEqual(['left all', 'end all.', 'right all', 'right one'])
})

const abuses: [what: string, process: Text['process'], message: RegExp][] = [
  [
    'forwards to a node that is not its child',
    (record, context) => context.forward(record, 'in'),
    /work forwards to "in", which is not its child\. Children: out\./,
  ],
  [
    'asks for a store of another',
    (_record, context) => void context.store('foreign'),
    /work has no store "foreign"/,
  ],
  [
    'asks for a global table it did not name',
    (_record, context) => void context.globalTable('rules'),
    /work has no global table "rules"/,
  ],
  [
    'asks for a batch end it cannot handle',
    (_record, context) => context.atBatchEnd('x'),
    /work asks for the end of the batch but has no batchEnd/,
  ],
]

test.each(abuses)('a processor that %s fails with its record', async (_what, process, message) => {
  const under = await ExecutorUnderTest.open(withWork(processing(process)).build())
  await under.run([sourceRecord(0, 'x')])
  expect(under.failures[0]!.error.message).toMatch(message)
})

test('a processor reads the global tables that it named', async () => {
  const topology = withWork(
    processing((record, context) => {
      const value = context.globalTable<string>('rules').get(record.value) ?? 'none'
      context.forward({ ...record, value })
    }),
    { globalTables: ['rules'] },
  ).addGlobalTable('rules', { topic: 'rule', deserializer: decodeText })
  const globalTables = new Map([['rules', new Map([['x', 'rule of x']])]])
  const under = await ExecutorUnderTest.open(topology.build(), { globalTables })

  await under.run([sourceRecord(0, 'x'), sourceRecord(1, 'y')])

  expect(texts(under)).toEqual(['rule of x', 'none'])
})

test('a context says what is under way', async () => {
  const seen: unknown[] = []
  const under = await ExecutorUnderTest.open(
    withWork(
      processing((_record, context) => {
        const { metadata, partition, partitionCount, streamTimeMs, taskId, wallClockMs } = context
        seen.push({ metadata, partition, partitionCount, streamTimeMs, taskId, wallClockMs })
      }),
    ).build(),
  )
  const records = [
    sourceRecord(4, 'x', { timestampMs: 40 }),
    sourceRecord(5, 'y', { timestampMs: 30, appendTimeMs: 99 }),
  ]

  await under.run(records, 1000)

  const task = { partition: 0, partitionCount: 1, taskId: '0_0', wallClockMs: 1000 }
  expect(seen).toMatchObject([
    { ...task, streamTimeMs: -1, metadata: { topic: 'in', offset: 4, timestampMs: 40 } },
    { ...task, streamTimeMs: 40, metadata: { offset: 5, appendTimeMs: 99 } },
  ])
  expect(under.executor.streamTimeMs).toBe(40)
})

test('stream time moves past a record that failed', async () => {
  const under = await ExecutorUnderTest.open(withWork(() => new Append()).build())
  await under.run([sourceRecord(0, 'a!', { timestampMs: 500 })])
  expect(under.executor.streamTimeMs).toBe(500)
})

test('stream time goes on where it was committed', async () => {
  const topology = withWork(() => new Append()).build()
  const under = await ExecutorUnderTest.open(topology, { streamTimeMs: 700 })
  await under.run([sourceRecord(0, 'a', { timestampMs: 500 })])
  expect(under.executor.streamTimeMs).toBe(700)
})

test('a record of a source that the sub-topology lacks is refused', async () => {
  const under = await ExecutorUnderTest.open(withWork(pass).build())
  const foreign = sourceRecord(0, 'x', { source: 'elsewhere' })
  expect(() => under.executor.run([foreign], 0, 0)).toThrow(/source elsewhere.* has: in/)
})

test('what onError throws ends the run', async () => {
  const under = await ExecutorUnderTest.open(withWork(() => new Append()).build())
  under.failures.push = () => {
    throw new Error('cannot report')
  }
  await expect(under.run([sourceRecord(0, 'a!')])).rejects.toThrow('cannot report')
})

test('processors of two executors share nothing', async () => {
  const made: Text[] = []
  const topology = withWork(() => {
    const processor = new Append()
    made.push(processor)
    return processor
  }).build()

  await ExecutorUnderTest.open(topology)
  await ExecutorUnderTest.open(topology)

  expect(made).toHaveLength(2)
})
