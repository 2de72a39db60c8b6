import { describe, expect, it } from 'vitest'
import type { Isolation, OffsetSpec } from '../../../broker/port.ts'
import {
  TIME_MS,
  batchOf,
  eventually,
  readAll,
  readValues,
  sendValues,
  uniqueName,
} from '../../support/broker-records.ts'
import type { SharedBroker } from './harness.ts'

export function offsetCases(shared: SharedBroker): void {
  const createTopic = async (): Promise<string> => {
    const name = uniqueName('offsets')
    await shared().broker.createTopics([{ name, partitions: 1 }])
    return name
  }
  const offsetOf = async (
    topic: string,
    spec: OffsetSpec,
    isolation?: Isolation,
  ): Promise<number> => {
    const [found] = await shared().broker.listOffsets([{ topic, partition: 0 }], spec, isolation)
    return found!.offset
  }

  describe('offsets', () => {
    it('are 0 at both ends of an empty partition', async () => {
      const topic = await createTopic()
      expect(await offsetOf(topic, 'earliest')).toBe(0)
      expect(await offsetOf(topic, 'latest')).toBe(0)
      expect(await offsetOf(topic, { timestampMs: 0 })).toBe(0)
    })

    it('end before an open transaction under read_committed only', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const producer = broker.producer()
      await sendValues(producer, topic, ['plain'])
      const transaction = broker.transaction(uniqueName('tx'))
      await transaction.init()
      const { baseOffset } = await sendValues(transaction, topic, ['open'])
      await sendValues(producer, topic, ['behind'])
      expect(await offsetOf(topic, 'latest', 'read_committed')).toBe(baseOffset)
      expect(await offsetOf(topic, 'latest', 'read_uncommitted')).toBeGreaterThan(baseOffset + 1)
      await transaction.commit()
      await eventually(
        async () =>
          (await offsetOf(topic, 'latest', 'read_committed')) ===
          (await offsetOf(topic, 'latest', 'read_uncommitted')),
      )
      await transaction.close()
      await producer.close()
    })

    it('of a time are those of the first record at or after it', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const producer = broker.producer()
      const times = [10, 30, 20, 50, 40]
      const bases: number[] = []
      for (const time of times) {
        const records = batchOf([{ timestampMs: TIME_MS + time }])
        const [ack] = await producer.send([{ topic, partition: 0, records }])
        bases.push(ack!.baseOffset)
      }
      await producer.close()
      const at = (time: number): Promise<number> => offsetOf(topic, { timestampMs: TIME_MS + time })
      expect(await at(0)).toBe(bases[0])
      expect(await at(10)).toBe(bases[0])
      expect(await at(11)).toBe(bases[1])
      expect(await at(31)).toBe(bases[3])
      expect(await at(51)).toBe(await offsetOf(topic, 'latest'))
    })

    it('of a time point into the middle of a batch', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const producer = broker.producer()
      const records = batchOf([1, 2, 3].map((time) => ({ timestampMs: TIME_MS + time })))
      const [ack] = await producer.send([{ topic, partition: 0, records }])
      await producer.close()
      expect(await offsetOf(topic, { timestampMs: TIME_MS + 3 })).toBe(ack!.baseOffset + 2)
    })

    it('start later once records are deleted', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const producer = broker.producer()
      await sendValues(producer, topic, ['a', 'b'])
      const { baseOffset } = await sendValues(producer, topic, ['c', 'd'])
      await producer.close()
      await broker.deleteRecords([{ topic, partition: 0, offset: baseOffset + 1 }])
      expect(await offsetOf(topic, 'earliest')).toBe(baseOffset + 1)
      expect(await readValues(broker, topic)).toEqual(['d'])
    })

    it('stay where they were when everything is deleted', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const producer = broker.producer()
      await sendValues(producer, topic, ['a', 'b'])
      const end = await offsetOf(topic, 'latest')
      await broker.deleteRecords([{ topic, partition: 0, offset: end }])
      expect(await offsetOf(topic, 'earliest')).toBe(end)
      const { baseOffset } = await sendValues(producer, topic, ['c'])
      expect(baseOffset).toBeGreaterThanOrEqual(end)
      const read = await readAll(broker, { topic, partition: 0 })
      expect(read.map(({ value }) => value)).toEqual(['c'])
      await producer.close()
    })

    it.each([
      ['before the start', (start: number) => start - 1],
      ['beyond the end', (_start: number, end: number) => end + 10],
    ])('%s are reported as out of range, never reset', async (_name, choose) => {
      const { broker } = shared()
      const topic = await createTopic()
      const producer = broker.producer()
      const { baseOffset } = await sendValues(producer, topic, ['a', 'b', 'c'])
      await producer.close()
      await broker.deleteRecords([{ topic, partition: 0, offset: baseOffset + 2 }])
      const start = await offsetOf(topic, 'earliest')
      const end = await offsetOf(topic, 'latest')
      const offset = choose(start, end)
      const fetcher = broker.fetcher()
      fetcher.assign([{ topic, partition: 0, offset }])
      const { fetched, outOfRange } = await fetcher.poll(5000)
      expect(fetched).toEqual([])
      expect(outOfRange).toEqual([
        { topic, partition: 0, offset, logStartOffset: start, highWatermark: end },
      ])
      fetcher.assign([{ topic, partition: 0, offset: start }])
      expect((await fetcher.poll(5000)).fetched[0]!.nextOffset).toBe(end)
      await fetcher.close()
    })
  })
}
