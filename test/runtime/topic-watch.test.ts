import { beforeEach, expect, test } from 'vitest'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { RetriableError } from '../../broker/errors.ts'
import type { Broker, TopicDescription } from '../../broker/port.ts'
import type { TopicRole } from '../../runtime/topic-plan.ts'
import { TopicWatch } from '../../runtime/topic-watch.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { ManualClock } from '../support/manual-clock.ts'

const INTERVAL_MS = 10_000
const CONFIRMED_MS = INTERVAL_MS + 2_000

const roles = { orders: 'input', 'app-store-changelog': 'internal', totals: 'output' } as const
const names = Object.keys(roles)

let broker: Broker
let clock: ManualClock
let told: string[]

beforeEach(async () => {
  broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  clock = new ManualClock()
  told = []
  await broker.createTopics(names.map((name) => ({ name, partitions: 2 })))
})

/** @param describe what the watch is told instead of the truth; null: the truth */
async function watching(
  describe: () => Promise<TopicDescription[]> | null = () => null,
): Promise<TopicWatch> {
  const topics = (await broker.describeTopics(names)).map((topic) => {
    return { ...topic, role: (roles as Record<string, TopicRole>)[topic.name]! }
  })
  const seen = {
    describeTopics: (asked?: readonly string[]) => describe() ?? broker.describeTopics(asked),
  } as Broker
  const watch = new TopicWatch({
    broker: seen,
    clock,
    topics,
    onChanged: ({ code, message }) => told.push(`${code}: ${message}`),
    events: { onWarning: (message) => told.push(message) },
  })
  watch.start()
  return watch
}

async function replace(name: string): Promise<void> {
  await broker.deleteTopics([name])
  await broker.createTopics([{ name, partitions: 2 }])
}

test('says nothing of topics that stay', async () => {
  const watch = await watching()
  await clock.advance(10 * INTERVAL_MS)
  watch.close()
  expect(told).toEqual([])
  expect(clock.pendingCount).toBe(0)
})

test('ends with everything that changed, and one way to go on', async () => {
  const watch = await watching()
  await broker.deleteTopics(['totals'])
  await replace('app-store-changelog')
  await broker.deleteTopics(['orders'])
  await broker.createTopics([{ name: 'orders', partitions: 3 }])
  await clock.advance(CONFIRMED_MS)
  expect(told).toEqual([
    expect.stringMatching(
      /^TOPIC_CHANGED: input topic orders was deleted and created again; internal topic app-store-changelog was deleted and created again; output topic totals was deleted, while the instance ran\. To go on, run .*; create totals and start again$/,
    ),
  ])
  await clock.advance(10 * INTERVAL_MS)
  expect(told).toHaveLength(1)
  watch.close()
})

test('takes added partitions of an input for a change, with the counts', async () => {
  const [input] = await broker.describeTopics(['orders'])
  let partitions = 2
  const watch = await watching(() =>
    broker.describeTopics(names).then((topics) => {
      return topics.map((topic) => (topic.name === 'orders' ? { ...input!, partitions } : topic))
    }),
  )
  await clock.advance(CONFIRMED_MS)
  expect(told).toEqual([])
  partitions = 8
  await clock.advance(CONFIRMED_MS)
  expect(told).toEqual([expect.stringContaining('orders has 8 partitions instead of 2')])
  watch.close()
})

test('does not believe a broker that denies a topic once', async () => {
  let looks = 0
  const watch = await watching(() => (++looks === 1 ? Promise.resolve([]) : null))
  await clock.advance(5 * INTERVAL_MS)
  watch.close()
  expect(looks).toBeGreaterThan(3)
  expect(told).toEqual([])
})

test('waits for brokers that are away, saying so ever more rarely', async () => {
  let isAway = true
  const watch = await watching(() => (isAway ? Promise.reject(new RetriableError('away')) : null))
  await replace('orders')
  await clock.advance(60 * INTERVAL_MS)
  expect(told).toHaveLength(5)
  expect(new Set(told)).toEqual(new Set([expect.stringMatching(/brokers do not.*: away; .*waits/)]))
  isAway = false
  await clock.advance(INTERVAL_MS + CONFIRMED_MS)
  expect(told.slice(5)).toEqual([
    expect.stringMatching(/^the brokers answer again, after \d+ s$/),
    expect.stringContaining('TOPIC_CHANGED'),
  ])
  watch.close()
})

test('says when brokers take a connection and are silent', async () => {
  let answer: (topics: TopicDescription[]) => void = () => undefined
  const silence = new Promise<TopicDescription[]>((resolve) => (answer = resolve))
  let looks = 0
  const watch = await watching(() => (++looks === 1 ? silence : null))
  await clock.advance(2 * INTERVAL_MS)
  expect(told).toEqual([expect.stringContaining('they say nothing')])
  answer(await broker.describeTopics(names))
  await clock.advance(INTERVAL_MS)
  expect(told.slice(1)).toEqual([expect.stringContaining('answer again, after 5 s')])
  watch.close()
})

test('warns once of an output that was created again', async () => {
  const watch = await watching()
  await replace('totals')
  await clock.advance(10 * INTERVAL_MS)
  watch.close()
  expect(told).toEqual([
    'output topic totals was deleted and created again, while the instance runs',
  ])
})

test('explains an error by the change behind it, and leaves others as they are', async () => {
  const watch = await watching()
  const error = new Error('offset 7 is out of range')
  expect(await watch.causeOf(error)).toBe(error)
  await replace('orders')
  expect(await watch.causeOf(error)).toMatchObject({ code: 'TOPIC_CHANGED' })
  watch.close()
})
