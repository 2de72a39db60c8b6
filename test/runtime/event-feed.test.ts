import { expect, onTestFinished, test, vi } from 'vitest'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { FatalBrokerError, RetriableError, UnknownTopicError } from '../../broker/errors.ts'
import type { Broker } from '../../broker/port.ts'
import { LogEventFeed } from '../../runtime/event-feed.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { sendValues } from '../support/broker-records.ts'
import { decodeText } from '../support/tiny-topologies.ts'
import { withMethods } from '../support/with-methods.ts'

const TOPICS = ['stays', 'goes']

/** A feed of two topics; `methods` are the broker's as the feed has it. */
async function watching(methods: (broker: Broker) => Partial<Broker>) {
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  await broker.createTopics(TOPICS.map((name) => ({ name, partitions: 1 })))
  const onError = vi.fn()
  const deserializers = new Map(TOPICS.map((topic) => [topic, decodeText] as const))
  const seen = withMethods(broker, methods(broker))
  const feed = new LogEventFeed(seen, deserializers, new InProcessRegistry(), onError)
  onTestFinished(async () => {
    await feed.close()
    await broker.close()
  })
  const values: unknown[] = []
  feed.subscribe(TOPICS, ({ value }) => values.push(value))
  const producer = broker.producer()
  return { onError, values, send: (topic: string) => sendValues(producer, topic, [topic]) }
}

test('who subscribes while brokers are away sees what comes after they are back', async () => {
  let isAway = true
  const refused = vi.fn()
  const { onError, send, values } = await watching((broker) => ({
    describeTopics: (names) => {
      if (!isAway) return broker.describeTopics(names)
      refused()
      return Promise.reject(new RetriableError('injected: no broker answers'))
    },
  }))
  await vi.waitFor(() => expect(refused.mock.calls.length).toBeGreaterThan(2), 5_000)
  isAway = false
  await vi.waitFor(async () => {
    await send('stays')
    expect(values).toContain('stays')
  }, 5_000)
  expect(onError).not.toHaveBeenCalled()
})

test('a topic that is deleted ends no events but its own', async () => {
  let isGone = false
  let isTold = false
  const { onError, send, values } = await watching((broker) => ({
    describeTopics: async (names) => {
      const described = await broker.describeTopics(names)
      return isGone ? described.filter(({ name }) => name !== 'goes') : described
    },
    fetcher: (options) => {
      const inner = broker.fetcher(options)
      const assigned = new Set<string>()
      return withMethods(inner, {
        assign: (positions) => {
          for (const { topic } of positions) assigned.add(topic)
          inner.assign(positions)
        },
        unassign: (partitions) => {
          for (const { topic } of partitions) assigned.delete(topic)
          inner.unassign(partitions)
        },
        poll: (maxWaitMs) => {
          if (!isGone || !assigned.has('goes')) return inner.poll(maxWaitMs)
          isTold = true
          return Promise.reject(new UnknownTopicError('topic goes does not exist'))
        },
      })
    },
  }))
  await vi.waitFor(async () => {
    await send('goes')
    expect(values).toContain('goes')
  })
  isGone = true
  await vi.waitFor(() => expect(isTold).toBe(true), 5_000)
  await vi.waitFor(async () => {
    await send('stays')
    expect(values).toContain('stays')
  }, 5_000)
  expect(onError).not.toHaveBeenCalled()
})

test('tells of a failure that waiting does not mend, and starts over', async () => {
  let refusals = 0
  const { onError, send, values } = await watching((broker) => ({
    fetcher: (options) => {
      const inner = broker.fetcher(options)
      return withMethods(inner, {
        poll: (maxWaitMs) => {
          if (refusals > 0) return inner.poll(maxWaitMs)
          refusals++
          return Promise.reject(new FatalBrokerError('injected: not allowed to read'))
        },
      })
    },
  }))
  await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce(), 5_000)
  await vi.waitFor(async () => {
    await send('stays')
    await send('goes')
    expect(new Set(values)).toEqual(new Set(TOPICS))
  }, 15_000)
  expect(onError).toHaveBeenCalledOnce()
})
