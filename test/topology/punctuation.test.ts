import { expect, test } from 'vitest'
import type { PunctuationSchedule, Processor } from '../../topology/processor.ts'
import { StreamTimeTimer, WallClockTimer } from '../../topology/punctuation-timer.ts'
import type { KeyValueStore } from '../../topology/store.ts'
import { Topology } from '../../topology/topology.ts'
import { ExecutorUnderTest, sourceRecord } from '../support/executor-under-test.ts'
import { decodeText, encodeText, pass, textStore } from '../support/tiny-topologies.ts'

type Text = Processor<string, string>

function ticking(punctuation: PunctuationSchedule, processor: () => Text): Topology {
  return new Topology()
    .addSource('in', { topics: ['in'], deserializer: decodeText })
    .addProcessor('tick', processor, {
      parents: ['in'],
      stores: [textStore('last')],
      punctuation,
    })
    .addSink('out', { parents: ['tick'], topic: 'out', serializer: encodeText })
}

/** Forwards records as they come and the time of each punctuation. */
const announce = (): Text => ({
  ...pass(),
  punctuate: (timeMs, context) => {
    expect(context.metadata).toBeNull()
    context.forward({ key: null, value: `tick ${timeMs}`, timestampMs: timeMs })
  },
})

const at = (timestampMs: number) => sourceRecord(timestampMs, `at ${timestampMs}`)
const values = (under: ExecutorUnderTest) => under.sent('out').map(({ value }) => value)

test('stream-time punctuations run between records, once however many intervals passed', async () => {
  const topology = ticking({ clock: 'stream-time', intervalMs: 10 }, announce).build()
  const under = await ExecutorUnderTest.open(topology)

  await under.run([at(3), at(9), at(10), at(4), at(11), at(47), at(49)])

  expect(values(under)).toEqual([
    ...['at 3', 'tick 3', 'at 9', 'at 10', 'tick 10', 'at 4', 'at 11', 'at 47', 'tick 47', 'at 49'],
  ])
})

test('a restart neither repeats nor skips a stream-time punctuation', async () => {
  const topology = ticking({ clock: 'stream-time', intervalMs: 10 }, announce).build()
  const before = await ExecutorUnderTest.open(topology)
  await before.run([at(3), at(10)])
  const { streamTimeMs } = before.executor

  const after = await ExecutorUnderTest.open(topology, { streamTimeMs })
  await after.run([at(12), at(20)])

  expect(values(after)).toEqual(['at 12', 'at 20', 'tick 20'])
})

test('a punctuation that misses after the last record of a batch runs before the batch ends', async () => {
  let store!: KeyValueStore<string>
  const topology = ticking({ clock: 'stream-time', intervalMs: 10 }, () => ({
    ...pass(),
    init: (context) => void (store = context.store('last')),
    punctuate: (timeMs, context) => {
      const last = store.get('tick') ?? 'never'
      store.put('tick', String(timeMs))
      context.forward({ key: null, value: `after ${last}`, timestampMs: timeMs })
    },
  })).build()
  const under = await ExecutorUnderTest.open(topology)

  expect(under.executor.run([at(1)], 0, 0)).toEqual({ next: 1, missed: true })
  expect(under.executor.endBatch(0)).toEqual({ missed: true })
  await under.endBatch()

  expect(values(under)).toEqual(['at 1', 'after never'])
})

test('wall-clock punctuations run an interval after the first look, and skip what was missed', async () => {
  const topology = ticking({ clock: 'wall-clock', intervalMs: 100 }, announce).build()
  const under = await ExecutorUnderTest.open(topology)

  for (const now of [1000, 1099, 1100, 1150, 1460, 1499, 1500]) await under.punctuate(now)

  expect(values(under)).toEqual(['tick 1100', 'tick 1460', 'tick 1500'])
})

test('a clock set back by years delays wall-clock punctuations by one interval only', () => {
  const timer = new WallClockTimer(100)
  expect(timer.isDue(1_000_000)).toBe(false)
  expect(timer.isDue(500)).toBe(false)
  expect(timer.isDue(599)).toBe(false)
  expect(timer.isDue(600)).toBe(true)
})

test('stream time may begin below zero', () => {
  const timer = new StreamTimeTimer(10, -1)
  expect(timer.isDue(-1)).toBe(false)
  expect(timer.isDue(0)).toBe(true)
})

test('a punctuation that throws leaves nothing, is reported, and waits for its next time', async () => {
  let calls = 0
  const topology = ticking({ clock: 'wall-clock', intervalMs: 100 }, () => ({
    ...pass(),
    punctuate: (timeMs, context) => {
      calls++
      context.forward({ key: null, value: 'lost', timestampMs: timeMs })
      throw new Error('broken')
    },
  })).build()
  const under = await ExecutorUnderTest.open(topology)

  for (const now of [0, 100, 150, 200]) await under.punctuate(now)

  expect(calls).toBe(2)
  expect(values(under)).toEqual([])
  expect(under.counters.get('tick/errors')).toBe(2)
  expect(under.failures.map(({ record }) => record)).toEqual([null, null])
  expect(under.failures[0]!.error).toMatchObject({
    message: 'task 0_0: node tick failed in its punctuation: broken',
    topic: null,
    offset: null,
  })
})

test('a schedule without a punctuate method is refused when the executor is made', async () => {
  const topology = ticking({ clock: 'wall-clock', intervalMs: 100 }, pass).build()
  await expect(ExecutorUnderTest.open(topology)).rejects.toThrow(
    /tick has a punctuation schedule but no punctuate method/,
  )
})

test('a task is settled when its wall-clock punctuation came after its last record', async () => {
  const topology = ticking({ clock: 'wall-clock', intervalMs: 10 }, announce).build()
  const under = await ExecutorUnderTest.open(topology)
  const { executor } = under
  const settledAt = (timeMs: number) => {
    executor.punctuate(timeMs)
    return executor.isSettled
  }

  // What a restart restored may wait for one, too.
  expect(settledAt(0)).toBe(false)
  expect(settledAt(10)).toBe(true)
  await under.run([at(1)], 15)
  expect(settledAt(19)).toBe(false)
  expect(settledAt(20)).toBe(true)
  expect(settledAt(21)).toBe(true)
})

test('a task without wall-clock punctuations is always settled', async () => {
  const topology = ticking({ clock: 'stream-time', intervalMs: 10 }, announce).build()
  const under = await ExecutorUnderTest.open(topology)
  await under.run([at(1)])
  expect(under.executor.isSettled).toBe(true)
})
