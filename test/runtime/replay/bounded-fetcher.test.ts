import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import type { Fetcher } from '../../../broker/port.ts'
import { BoundedBroker } from '../../../runtime/replay/bounded-broker.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { recordsOfBatches, valuesBatch } from '../../support/broker-records.ts'

const topic = 'input'
const at = { topic, partition: 0 }

let broker: EmbeddedBroker
beforeEach(async () => {
  broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  await broker.createTopics([
    { name: topic, partitions: 2 },
    { name: 'free', partitions: 1 },
  ])
  const producer = broker.producer()
  for (const values of [['a', 'b', 'c'], ['d'], ['e', 'f']]) {
    await producer.send([{ ...at, records: valuesBatch(...values) }])
  }
  await producer.send([{ topic: 'free', partition: 0, records: valuesBatch('x', 'y') }])
  await producer.close()
})
afterEach(() => broker.close())

function bounded(to: number): BoundedBroker {
  return new BoundedBroker(broker, [{ ...at, from: 0, to }])
}

async function drained(fetcher: Fetcher, end: number, name = topic): Promise<string[]> {
  const values: string[] = []
  for (let position = 0; position < end;) {
    for (const stretch of (await fetcher.poll(1000)).fetched) {
      if (stretch.topic !== name) continue
      values.push(...recordsOfBatches(stretch.batches).map(({ value }) => value!))
      position = stretch.nextOffset
    }
  }
  return values
}

describe('BoundedFetcher', () => {
  test.each([1, 2, 3, 4, 5, 6])(
    'gives the records before offset %i, in a batch or not',
    async (to) => {
      const fetcher = bounded(to).fetcher()
      fetcher.assign([{ ...at, offset: 0 }])
      expect(await drained(fetcher, to)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].slice(0, to))
      expect((await fetcher.poll(20)).fetched).toEqual([])
      await fetcher.close()
    },
  )

  test('says that the range ends there, whatever the log holds beyond', async () => {
    const fetcher = bounded(2).fetcher()
    fetcher.assign([{ ...at, offset: 1 }])
    const { fetched } = await fetcher.poll(1000)
    expect(fetched).toMatchObject([{ nextOffset: 2, highWatermark: 2, lastStableOffset: 2 }])
    expect(await bounded(2).listOffsets([at], 'latest')).toEqual([{ ...at, offset: 2 }])
    await fetcher.close()
  })

  test('a partition that is at its end is told once, so that nobody waits for it', async () => {
    const fetcher = bounded(4).fetcher()
    fetcher.assign([{ ...at, offset: 4 }])
    expect((await fetcher.poll(0)).fetched).toMatchObject([{ batches: [], lastStableOffset: 4 }])
    expect((await fetcher.poll(0)).fetched).toEqual([])
    fetcher.assign([{ ...at, offset: 3 }])
    expect(await drained(fetcher, 4)).toEqual(['d'])
    await fetcher.close()
  })

  test('pausing and resuming a partition at its end is harmless', async () => {
    const fetcher = bounded(1).fetcher()
    fetcher.assign([{ ...at, offset: 0 }])
    fetcher.pause([at])
    expect((await fetcher.poll(20)).fetched).toEqual([])
    fetcher.resume([at])
    expect(await drained(fetcher, 1)).toEqual(['a'])
    fetcher.pause([at])
    fetcher.resume([at])
    expect((await fetcher.poll(20)).fetched).toEqual([])
    await fetcher.close()
  })

  test('partitions without a range are read as they are', async () => {
    const fetcher = bounded(1).fetcher()
    fetcher.assign([{ topic: 'free', partition: 0, offset: 0 }])
    expect(await drained(fetcher, 2, 'free')).toEqual(['x', 'y'])
    await fetcher.close()
  })
})
