import { describe, expect, it } from 'vitest'
import { RecordTooLargeError } from '../../../broker/errors.ts'
import type { Fetched, Fetcher } from '../../../broker/port.ts'
import {
  TIME_MS,
  batchOf,
  readAll,
  readValues,
  recordsOfBatches,
  sendValues,
  uniqueName,
  type TextRecord,
} from '../../support/broker-records.ts'
import type { SharedBroker } from './harness.ts'

async function pollOnce(fetcher: Fetcher): Promise<Fetched> {
  for (;;) {
    const { fetched } = await fetcher.poll(5000)
    if (fetched.length > 0) return fetched[0]!
  }
}

export function produceFetchCases(shared: SharedBroker): void {
  const createTopic = async (partitions = 1): Promise<string> => {
    const name = uniqueName('records')
    await shared().broker.createTopics([{ name, partitions }])
    return name
  }

  describe('produce and fetch', () => {
    it('gives back null keys and values, headers and timestamps', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const records: TextRecord[] = [
        { key: null, value: null, timestampMs: 0 },
        { key: '', value: '', timestampMs: TIME_MS },
        { key: 'ключ', value: '值', timestampMs: TIME_MS - 2 ** 33 },
        {
          headers: [
            { key: 'h', value: Buffer.from([0, 255]) },
            { key: 'h', value: null },
          ],
        },
      ]
      const producer = broker.producer()
      await producer.send([{ topic, partition: 0, records: batchOf(records) }])
      await producer.close()
      const read = await readAll(broker, { topic, partition: 0 })
      expect(read.map(({ key, value, timestampMs }) => [key, value, timestampMs])).toEqual([
        [null, null, 0],
        ['', '', TIME_MS],
        ['ключ', '值', TIME_MS - 2 ** 33],
        ['k', 'v', TIME_MS],
      ])
      expect(read[3]!.headers).toEqual(records[3]!.headers)
    })

    it('acknowledges every partition with the offset of its first record', async () => {
      const { broker } = shared()
      const topic = await createTopic(3)
      const producer = broker.producer()
      await sendValues(producer, topic, ['before'], 2)
      const acks = await producer.send(
        [0, 1, 2].map((partition) => ({
          topic,
          partition,
          records: batchOf([{ value: `a${partition}` }, { value: `b${partition}` }]),
        })),
      )
      expect(acks.map(({ partition }) => partition).sort()).toEqual([0, 1, 2])
      for (const { partition, baseOffset, logAppendTimeMs } of acks) {
        const read = await readAll(broker, { topic, partition }, { from: baseOffset })
        expect(read.map(({ value }) => value)).toEqual([`a${partition}`, `b${partition}`])
        expect(read[0]!.offset).toBe(baseOffset)
        expect(logAppendTimeMs).toBe(-1)
      }
      await producer.close()
    })

    it('keeps the order of sends that were not awaited', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const producer = broker.producer()
      const values = Array.from({ length: 50 }, (_, i) => `v${i}`)
      await Promise.all(values.map((value) => sendValues(producer, topic, [value])))
      await producer.close()
      expect(await readValues(broker, topic)).toEqual(values)
    })

    it('stamps records of a log-append-time topic when they arrive', async () => {
      const { broker } = shared()
      const topic = uniqueName('append-time')
      const config = { timestampType: 'log-append-time' } as const
      await broker.createTopics([{ name: topic, partitions: 1, config }])
      const producer = broker.producer()
      const records = batchOf([{ timestampMs: 5 }, { timestampMs: 3 }])
      const [ack] = await producer.send([{ topic, partition: 0, records }])
      await producer.close()
      expect(ack!.logAppendTimeMs).toBeGreaterThan(TIME_MS)
      const read = await readAll(broker, { topic, partition: 0 })
      expect(read.map(({ timestampMs }) => timestampMs)).toEqual([
        ack!.logAppendTimeMs,
        ack!.logAppendTimeMs,
      ])
    })

    it('refuses a batch larger than the topic takes, and takes the next one', async () => {
      const { broker } = shared()
      const topic = uniqueName('small')
      const config = { maxMessageBytes: 2000 }
      await broker.createTopics([{ name: topic, partitions: 1, config }])
      const producer = broker.producer()
      await expect(sendValues(producer, topic, ['x'.repeat(4000)])).rejects.toThrow(
        RecordTooLargeError,
      )
      await producer.close()
      const next = broker.producer()
      await sendValues(next, topic, ['fits'])
      await next.close()
      expect(await readValues(broker, topic)).toEqual(['fits'])
    })

    it('starts a fetch in the middle of a batch with the record asked for', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const producer = broker.producer()
      const { baseOffset } = await sendValues(producer, topic, ['a', 'b', 'c', 'd'])
      await producer.close()
      const read = await readAll(broker, { topic, partition: 0 }, { from: baseOffset + 2 })
      expect(read.map(({ value }) => value)).toEqual(['c', 'd'])
    })

    it('gives a batch whole that is larger than the fetch asks for', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const producer = broker.producer()
      const values = ['x'.repeat(50_000), 'small', 'y'.repeat(50_000)]
      for (const value of values) await sendValues(producer, topic, [value])
      await producer.close()
      expect(await readValues(broker, topic, { partitionBytesMax: 1000 })).toEqual(values)
    })

    it('wakes a waiting poll when records arrive', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const fetcher = broker.fetcher()
      fetcher.assign([{ topic, partition: 0, offset: 0 }])
      const waiting = pollOnce(fetcher)
      const producer = broker.producer()
      await sendValues(producer, topic, ['late'])
      expect(recordsOfBatches((await waiting).batches).map(({ value }) => value)).toEqual(['late'])
      await fetcher.close()
      await producer.close()
    })

    it('answers a poll with nothing when nothing comes in time', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const fetcher = broker.fetcher()
      fetcher.assign([{ topic, partition: 0, offset: 0 }])
      expect(await fetcher.poll(50)).toEqual({ fetched: [], outOfRange: [] })
      await fetcher.close()
    })

    it('gives nothing of a paused partition until it is resumed, from where it stood', async () => {
      const { broker } = shared()
      const topic = await createTopic(2)
      const producer = broker.producer()
      await sendValues(producer, topic, ['paused'], 0)
      await sendValues(producer, topic, ['running'], 1)
      const fetcher = broker.fetcher()
      const partitions = [0, 1].map((partition) => ({ topic, partition, offset: 0 }))
      fetcher.assign(partitions)
      fetcher.pause([partitions[0]!])
      expect((await pollOnce(fetcher)).partition).toBe(1)
      expect((await fetcher.poll(100)).fetched).toEqual([])
      fetcher.resume([partitions[0]!])
      expect((await pollOnce(fetcher)).partition).toBe(0)
      await fetcher.close()
      await producer.close()
    })

    it('moves the position of an assigned partition, and forgets an unassigned one', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const producer = broker.producer()
      const { baseOffset } = await sendValues(producer, topic, ['a', 'b'])
      const fetcher = broker.fetcher()
      fetcher.assign([{ topic, partition: 0, offset: baseOffset }])
      expect((await pollOnce(fetcher)).nextOffset).toBe(baseOffset + 2)
      fetcher.assign([{ topic, partition: 0, offset: baseOffset + 1 }])
      const again = await pollOnce(fetcher)
      expect(recordsOfBatches(again.batches).map(({ value }) => value)).toEqual(['b'])
      fetcher.unassign([{ topic, partition: 0 }])
      await sendValues(producer, topic, ['c'])
      expect((await fetcher.poll(100)).fetched).toEqual([])
      await fetcher.close()
      await producer.close()
    })

    it('serves every assigned partition while one of them is busy', async () => {
      const { broker } = shared()
      const topic = await createTopic(3)
      const producer = broker.producer()
      for (let i = 0; i < 20; i++) await sendValues(producer, topic, ['x'.repeat(2000)], 0)
      await sendValues(producer, topic, ['one'], 1)
      await sendValues(producer, topic, ['two'], 2)
      const fetcher = broker.fetcher({ partitionBytesMax: 3000 })
      fetcher.assign([0, 1, 2].map((partition) => ({ topic, partition, offset: 0 })))
      const seen = new Set<number>()
      // The busy one never runs dry. How many polls it takes is the connections' affair: that of
      // another broker may be slow to open.
      while (seen.size < 3) {
        const { fetched } = await fetcher.poll(5000)
        expect(fetched).not.toEqual([])
        for (const { partition } of fetched) seen.add(partition)
        if (seen.has(0)) fetcher.assign([{ topic, partition: 0, offset: 0 }])
      }
      await fetcher.close()
      await producer.close()
    })
  })
}
