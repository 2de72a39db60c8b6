import { expect, test } from 'vitest'
import {
  CorruptBatchError,
  FatalBrokerError,
  UnknownTopicError,
} from '../../../../broker/errors.ts'
import { errorCodes } from '../../../../broker/kafka/error-codes.ts'
import { KafkaFetcher } from '../../../../broker/kafka/fetch/kafka-fetcher.ts'
import type { FetcherOptions, PollResult } from '../../../../broker/port.ts'
import { recordsOfBatches } from '../../../support/broker-records.ts'
import { ModelLogCluster } from '../../../support/model-log-cluster.ts'

const at = (partition: number, offset = 0) => ({ topic: 't', partition, offset })
const turns = async (count = 20): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}

function fetcherOf(cluster: ModelLogCluster, options: FetcherOptions = {}): KafkaFetcher {
  return new KafkaFetcher(cluster, options)
}

function valuesOf({ fetched }: PollResult): string[] {
  return fetched.flatMap(({ batches }) => recordsOfBatches(batches).map(({ value }) => value!))
}

/** Polls until as many values came. */
async function read(fetcher: KafkaFetcher, count: number): Promise<string[]> {
  const values: string[] = []
  while (values.length < count) values.push(...valuesOf(await fetcher.poll(10_000)))
  return values
}

const passing = [
  'NOT_LEADER_OR_FOLLOWER',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'OFFSET_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
] as const

test.each(passing)('%s passes without a word, and the leader is asked for anew', async (name) => {
  const cluster = new ModelLogCluster([1, 1])
  for (const partition of [0, 1]) cluster.append(partition, `p${partition}`)
  let left = 3
  cluster.script = ({ partitions }) => {
    if (!partitions.some(({ partition }) => partition === 0) || left === 0) return null
    left--
    return { partition: 0, code: errorCodes[name] }
  }
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0), at(1)])
  expect((await read(fetcher, 2)).sort()).toEqual(['p0', 'p1'])
  expect(left).toBe(0)
})

test('a partition is followed to its new leader, with nothing lost or doubled', async () => {
  const cluster = new ModelLogCluster([1])
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0)])
  const expected: string[] = []
  const values: string[] = []
  for (let i = 0; i < 30; i++) {
    cluster.append(0, `a${i}`, `b${i}`)
    expected.push(`a${i}`, `b${i}`)
    if (i % 3 === 0) cluster.move(0, 1 + (i % 2))
    values.push(...(await read(fetcher, 2)))
  }
  expect(values).toEqual(expected)
})

test('a lost connection is made up for without a word', async () => {
  const cluster = new ModelLogCluster([1, 2])
  for (let i = 0; i < 10; i++) cluster.append(i % 2, `v${i}`)
  let calls = 0
  cluster.script = () => (calls++ % 3 < 2 ? 'lost' : null)
  const fetcher = fetcherOf(cluster, { partitionBytesMax: 1 })
  fetcher.assign([at(0), at(1)])
  expect((await read(fetcher, 10)).sort()).toEqual(
    Array.from({ length: 10 }, (_, i) => `v${i}`).sort(),
  )
})

test('a partition without a leader does not hold up the others', async () => {
  const cluster = new ModelLogCluster([-1, 1])
  cluster.append(0, 'late')
  cluster.append(1, 'now')
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0), at(1)])
  expect(await read(fetcher, 1)).toEqual(['now'])
  cluster.move(0, 2)
  expect(await read(fetcher, 1)).toEqual(['late'])
})

test('a newly assigned partition does not wait for the long poll of others', async () => {
  const cluster = new ModelLogCluster([1, 1])
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0)])
  expect(await fetcher.poll(20)).toEqual({ fetched: [], outOfRange: [] })
  expect(cluster.waiting).toBe(1)
  cluster.append(1, 'new')
  fetcher.assign([at(1)])
  expect(await read(fetcher, 1)).toEqual(['new'])
  expect(cluster.waiting).toBe(1)
})

test('a resumed partition is asked at once, not with the next long poll', async () => {
  const cluster = new ModelLogCluster([1, 1])
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0), at(1)])
  await fetcher.poll(20)
  fetcher.pause([at(1)])
  cluster.append(1, 'had')
  await turns()
  cluster.append(1, 'came meanwhile')
  cluster.fetches.length = 0
  fetcher.resume([at(1)])
  expect(await read(fetcher, 2)).toEqual(['had', 'came meanwhile'])
  expect(cluster.fetches[0]).toMatchObject({ maxWaitMs: 0, partitions: [{ partition: 1 }] })
})

const moments = [0, 1, 2, 3, 4, 5].flatMap((delay) => [1, 2, 0].map((to) => ({ delay, to })))

test.each(moments)('a move to $to drops what is under way $delay turns later', async (moment) => {
  const { delay, to } = moment
  const cluster = new ModelLogCluster([1])
  const values = ['a', 'b', 'c', 'd']
  for (const value of values) cluster.append(0, value)
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0, 3)])
  await turns(delay)
  fetcher.assign([at(0, to)])
  expect(await read(fetcher, 4 - to)).toEqual(values.slice(to))
  fetcher.assign([at(0, 3)])
  await turns(delay)
  fetcher.unassign([at(0)])
  fetcher.assign([at(0, to)])
  expect(await read(fetcher, 4 - to)).toEqual(values.slice(to))
})

test('the next fetch is under way while the last is worked on, up to a bound', async () => {
  const cluster = new ModelLogCluster([1])
  for (let i = 0; i < 100; i++) cluster.append(0, 'x'.repeat(1000))
  const fetcher = fetcherOf(cluster, { partitionBytesMax: 5000 })
  fetcher.assign([at(0)])
  const first = await fetcher.poll(10_000)
  const asked = cluster.fetches.length
  await turns()
  const ahead = cluster.fetches.length
  expect(ahead).toBeGreaterThan(asked)
  await turns(50)
  expect(cluster.fetches.length).toBe(ahead)
  const second = await fetcher.poll(10_000)
  expect(second.fetched[0]!.nextOffset).toBeLessThanOrEqual(first.fetched[0]!.nextOffset + 10)
  expect(await read(fetcher, 100 - second.fetched[0]!.nextOffset)).toHaveLength(
    100 - second.fetched[0]!.nextOffset,
  )
})

test('no more is fetched ahead than eight partitions’ share, however many there are', async () => {
  const cluster = new ModelLogCluster(Array.from({ length: 40 }, () => 1))
  for (let partition = 0; partition < 40; partition++) {
    for (let i = 0; i < 20; i++) cluster.append(partition, 'x'.repeat(900))
  }
  const fetcher = fetcherOf(cluster, { partitionBytesMax: 1000 })
  // One at a time, so that an answer does not have all of them at once.
  for (let partition = 0; partition < 40; partition++) {
    fetcher.assign([at(partition)])
    await turns(5)
  }
  const asked = new Set(
    cluster.fetches.flatMap(({ partitions }) => partitions.map(({ partition }) => partition)),
  )
  expect(asked.size).toBeLessThan(20)
  expect(await read(fetcher, 800)).toHaveLength(800)
})

test('a paused partition is not fetched, and what it had comes after it is resumed', async () => {
  const cluster = new ModelLogCluster([1, 1])
  for (let i = 0; i < 20; i++) cluster.append(0, `p${i}`)
  const fetcher = fetcherOf(cluster, { partitionBytesMax: 1 })
  fetcher.assign([at(0)])
  await turns()
  fetcher.pause([at(0)])
  expect((await fetcher.poll(10)).fetched).toEqual([])
  const asked = cluster.fetches.length
  expect((await fetcher.poll(10)).fetched).toEqual([])
  expect(cluster.fetches.length).toBe(asked)
  fetcher.resume([at(0)])
  expect(await read(fetcher, 20)).toEqual(Array.from({ length: 20 }, (_, i) => `p${i}`))
})

test('one poll gives a partition once, whatever came in several answers', async () => {
  const cluster = new ModelLogCluster([1])
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0)])
  await fetcher.poll(10)
  for (const value of ['a', 'b', 'c']) {
    cluster.append(0, value)
    await turns()
  }
  const { fetched } = await fetcher.poll(1000)
  expect(fetched).toHaveLength(1)
  expect(fetched[0]).toMatchObject({ nextOffset: 3, highWatermark: 3, lastStableOffset: 3 })
  expect(valuesOf({ fetched, outOfRange: [] })).toEqual(['a', 'b', 'c'])
})

test('an end of the log that moves without data is waited at, not spun at', async () => {
  const cluster = new ModelLogCluster([1])
  cluster.append(0, 'open')
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0, 1)])
  await fetcher.poll(50)
  expect(cluster.fetches.length).toBeLessThan(5)
  expect(cluster.waiting).toBe(1)
})

test('an offset below the log is said once, with the bounds, until the partition is moved', async () => {
  const cluster = new ModelLogCluster([1])
  for (const value of ['a', 'b', 'c']) cluster.append(0, value)
  cluster.trim(0, 2)
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0, 1)])
  const { outOfRange } = await fetcher.poll(10_000)
  expect(outOfRange).toEqual([{ ...at(0, 1), logStartOffset: 2, highWatermark: 3 }])
  const asked = cluster.fetches.length
  expect(await fetcher.poll(20)).toEqual({ fetched: [], outOfRange: [] })
  expect(cluster.fetches.length).toBe(asked)
  fetcher.assign([at(0, 2)])
  expect(await read(fetcher, 1)).toEqual(['c'])
})

test('what was fetched before an offset went out of range comes before the event', async () => {
  const cluster = new ModelLogCluster([1])
  cluster.append(0, 'kept')
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0)])
  await turns()
  cluster.append(0, 'lost')
  cluster.append(0, 'later')
  cluster.trim(0, 2)
  await turns()
  const result = await fetcher.poll(10_000)
  expect(valuesOf(result)).toEqual(['kept'])
  expect(result.outOfRange).toEqual([{ ...at(0, 1), logStartOffset: 2, highWatermark: 3 }])
})

test('an offset that the leader has after all is fetched again without an event', async () => {
  const cluster = new ModelLogCluster([1])
  cluster.append(0, 'there')
  let left = 2
  cluster.script = () =>
    left-- > 0 ? { partition: 0, code: errorCodes.OFFSET_OUT_OF_RANGE } : null
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0)])
  const result = await fetcher.poll(10_000)
  expect(result.outOfRange).toEqual([])
  expect(valuesOf(result)).toEqual(['there'])
})

test('a missing ACL is thrown by poll with topic and operation; other partitions go on', async () => {
  const cluster = new ModelLogCluster([1, 1])
  cluster.append(1, 'open')
  let isDenied = true
  cluster.script = ({ partitions }) =>
    isDenied && partitions.some(({ partition }) => partition === 0)
      ? { partition: 0, code: errorCodes.TOPIC_AUTHORIZATION_FAILED }
      : null
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0), at(1)])
  const failed = fetcher.poll(10_000)
  await expect(failed).rejects.toThrow(FatalBrokerError)
  await expect(failed).rejects.toThrow(/Read on Topic t/)
  isDenied = false
  cluster.append(0, 'granted')
  expect((await read(fetcher, 2)).sort()).toEqual(['granted', 'open'])
})

test('a damaged batch is thrown by poll after what lies before it, and moves nothing', async () => {
  const cluster = new ModelLogCluster([1])
  cluster.append(0, 'sound', 'sound')
  const bytes = cluster.append(0, 'damaged')
  bytes[70]! ^= 1
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0)])
  expect(await read(fetcher, 2)).toEqual(['sound', 'sound'])
  for (let tries = 0; tries < 2; tries++) {
    const failed = fetcher.poll(10_000)
    await expect(failed).rejects.toThrow(CorruptBatchError)
    await expect(failed).rejects.toThrow(/offset 2: of t-0/)
  }
  bytes[70]! ^= 1
  expect(await read(fetcher, 1)).toEqual(['damaged'])
})

test('a topic that appears only after a moment is no error', async () => {
  const cluster = new ModelLogCluster([1])
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0), at(1)])
  await fetcher.poll(30)
  cluster.create(1, 2)
  cluster.append(1, 'here')
  expect(await read(fetcher, 1)).toEqual(['here'])
})

test('a topic that is deleted is named by poll when it stays away', async () => {
  const cluster = new ModelLogCluster([1, 1])
  cluster.append(0, 'before')
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0), at(1)])
  expect(await read(fetcher, 1)).toEqual(['before'])
  cluster.remove(0)
  // Wakes the long poll, as a broker does that is told of the deletion.
  cluster.append(1, 'other')
  expect(await read(fetcher, 1)).toEqual(['other'])
  const failed = fetcher.poll(20_000)
  await expect(failed).rejects.toThrow(UnknownTopicError)
  await expect(failed).rejects.toThrow('topic t does not exist')
  fetcher.unassign([at(0)])
  cluster.append(1, 'goes on')
  expect(await read(fetcher, 1)).toEqual(['goes on'])
})

test('a poll ends when the fetcher is closed, and a later one is refused', async () => {
  const cluster = new ModelLogCluster([1])
  const fetcher = fetcherOf(cluster)
  fetcher.assign([at(0)])
  const waiting = fetcher.poll(60_000)
  await turns()
  await fetcher.close()
  expect(await waiting).toEqual({ fetched: [], outOfRange: [] })
  await expect(fetcher.poll(0)).rejects.toThrow(FatalBrokerError)
})

test('a poll says when the broker was closed under it', async () => {
  const cluster = new ModelLogCluster([1])
  const fetcher = fetcherOf(cluster)
  cluster.isClosed = true
  fetcher.assign([at(0)])
  await expect(fetcher.poll(10_000)).rejects.toThrow('closed under its fetcher')
})
