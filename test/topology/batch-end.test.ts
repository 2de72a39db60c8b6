import { expect, test } from 'vitest'
import type { Processor, ProcessorContext } from '../../topology/processor.ts'
import type { KeyValueStore } from '../../topology/store.ts'
import { Topology } from '../../topology/topology.ts'
import { ExecutorUnderTest, sourceRecord } from '../support/executor-under-test.ts'
import { decodeText, encodeText, textStore } from '../support/tiny-topologies.ts'

type Text = Processor<string, string>
type Context = ProcessorContext<string>

/** Asks for the end of the batch with the record's value as key; `!` fails. */
const asking = (batchEnd: (key: string, context: Context) => void): Text => ({
  process: ({ value }, context) => {
    context.atBatchEnd(value)
    if (value.endsWith('!')) throw new Error('shouting')
  },
  batchEnd,
})

const announce = (key: string, context: Context): void => {
  expect(context.metadata).toBeNull()
  context.forward({ key, value: `end ${key}`, timestampMs: 0 })
}

function ending(processor: () => Text): Topology {
  return new Topology()
    .addSource('in', { topics: ['in'], deserializer: decodeText })
    .addProcessor('work', processor, { parents: ['in'], stores: [textStore('ends')] })
    .addSink('out', { parents: ['work'], topic: 'out', serializer: encodeText })
}

const records = (...texts: string[]) => texts.map((text, offset) => sourceRecord(offset, text))
const values = (under: ExecutorUnderTest) => under.sent('out').map(({ value }) => value)

test('batchEnd runs once per key asked for, in key order, and not again in the next batch', async () => {
  const under = await ExecutorUnderTest.open(ending(() => asking(announce)).build())

  await under.run(records('b', 'a', 'b'))
  expect(values(under)).toEqual([])
  await under.endBatch()
  expect(values(under)).toEqual(['end a', 'end b'])

  await under.run(records('b'))
  await under.endBatch()
  await under.endBatch()
  expect(values(under)).toEqual(['end a', 'end b', 'end b'])
})

test('what a failed record asked for is not done, unless another asked too', async () => {
  const under = await ExecutorUnderTest.open(ending(() => asking(announce)).build())
  await under.run(records('a!', 'b'))
  await under.endBatch()
  expect(values(under)).toEqual(['end b'])
})

test('after a miss it goes on with the key that missed and repeats none', async () => {
  let store!: KeyValueStore<string>
  const calls: string[] = []
  const under = await ExecutorUnderTest.open(
    ending(() => ({
      ...asking((key, context) => {
        calls.push(key)
        if (key !== 'a') store.get(key)
        announce(key, context)
      }),
      init: (context) => void (store = context.store('ends')),
    })).build(),
    { misses: () => true },
  )
  await under.run(records('c', 'b', 'a'))

  await under.endBatch()

  expect(calls).toEqual(['a', 'b', 'b', 'c', 'c'])
  expect(values(under)).toEqual(['end a', 'end b', 'end c'])
})

test('a batchEnd that throws leaves nothing, is reported, and the other keys go on', async () => {
  const under = await ExecutorUnderTest.open(
    ending(() =>
      asking((key, context) => {
        announce(key, context)
        if (key === 'b') throw new Error('broken')
      }),
    ).build(),
  )
  await under.run(records('a', 'b', 'c'))
  await under.endBatch()

  expect(values(under)).toEqual(['end a', 'end c'])
  expect(under.counters.get('work/errors')).toBe(1)
  expect(under.failures).toMatchObject([
    {
      record: null,
      error: { message: 'task 0_0: node work failed at the end of a batch, key "b": broken' },
    },
  ])
})

test('a child asked by its parent’s batchEnd ends in the same batch', async () => {
  const topology = new Topology()
    .addSource('in', { topics: ['in'], deserializer: decodeText })
    .addProcessor('child', () => asking(announce), { parents: ['parent'] })
    .addProcessor('parent', () => asking(announce), { parents: ['in'] })
    .addSink('out', { parents: ['child'], topic: 'out', serializer: encodeText })
  const under = await ExecutorUnderTest.open(topology.build())

  await under.run(records('x'))
  await under.endBatch()

  expect(values(under)).toEqual(['end end x'])
})

test('a batchEnd that asks for another end is a failure, since a commit may come first', async () => {
  const under = await ExecutorUnderTest.open(
    ending(() => asking((_key, context) => context.atBatchEnd('again'))).build(),
  )
  await under.run(records('x'))
  await under.endBatch()

  expect(under.failures[0]!.error.message).toMatch(/within its own batchEnd/)
})
