import { describe, expect, it } from 'vitest'
import {
  TIME_MS,
  batchOf,
  eventually,
  readAll,
  sendValues,
  uniqueName,
} from '../../support/broker-records.ts'
import type { SharedBroker } from './harness.ts'

export function compactionCases(shared: SharedBroker): void {
  describe('compaction', () => {
    it('keeps the newest record of each key, with its offset and timestamp', async () => {
      const { broker, compact } = shared()
      const topic = uniqueName('compacted')
      const config = { cleanupPolicy: 'compact' } as const
      await broker.createTopics([{ name: topic, partitions: 1, config }])
      const at = { topic, partition: 0 }
      const producer = broker.producer()
      for (let round = 0; round < 5; round++) {
        const records = ['a', 'b', 'c', 'd'].map((key, i) => {
          const timestampMs = TIME_MS - 1000 * round + i
          return { key, value: round === 4 && key === 'd' ? null : `${key}${round}`, timestampMs }
        })
        await producer.send([{ ...at, records: batchOf(records) }])
      }
      const written = await readAll(broker, at)
      const newest = new Map(written.map((record) => [record.key, record]))
      // Kafka leaves the segment alone that it writes to.
      const filler = 'x'.repeat(1000)
      await sendValues(producer, topic, [filler])
      await compact(topic)
      const left = async (): Promise<Awaited<ReturnType<typeof readAll>>> =>
        (await readAll(broker, at)).filter(({ key }) => newest.has(key))
      await eventually(async () => {
        await sendValues(producer, topic, [filler])
        return (await left()).length === newest.size
      }, 50_000)
      expect(await left()).toEqual([...newest.values()])
      await producer.close()
    })

    it('leaves out aborted records and keeps those of later transactions', async () => {
      const { broker, compact } = shared()
      const topic = uniqueName('compacted')
      const config = { cleanupPolicy: 'compact' } as const
      await broker.createTopics([{ name: topic, partitions: 1, config }])
      const at = { topic, partition: 0 }
      const transaction = broker.transaction(uniqueName('tx'))
      await transaction.init()
      const send = (key: string, value: string): Promise<unknown> =>
        transaction.send([{ ...at, records: batchOf([{ key, value }]) }])
      await send('a', 'committed')
      await transaction.commit()
      await send('a', 'aborted')
      await send('b', 'aborted')
      await transaction.abort()
      await send('c', 'committed')
      await transaction.commit()
      await compact(topic)
      await send('filler', 'x')
      await transaction.commit()
      await eventually(async () => (await readAll(broker, at)).at(-1)?.key === 'filler')
      const read = await readAll(broker, at)
      expect(read.map(({ key, value }) => [key, value])).toEqual([
        ['a', 'committed'],
        ['c', 'committed'],
        ['filler', 'x'],
      ])
      await transaction.close()
    })
  })
}
