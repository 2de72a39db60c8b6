import { describe, expect, it } from 'vitest'
import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import { recoverLog } from '../../../broker/embedded/log-recovery.ts'
import { CorruptBatchError, FatalBrokerError } from '../../../broker/errors.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { MemoryDisk } from '../../../state/memory-disk.ts'
import type { DatabaseReader } from '../../../state/task-database.ts'
import { batchOf, readValues, sendValues } from '../../support/broker-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const SEGMENT_BYTES = 2000

async function openOn(disk: MemoryDisk, tailBytesMax = 0): Promise<EmbeddedBroker> {
  return await EmbeddedBroker.open({
    database: new MemoryDatabase(disk),
    clock: new ManualClock(),
    segmentBytes: SEGMENT_BYTES,
    tailBytesMax,
  })
}

/** Counts the bytes of batch rows that pass. */
function countingReader(reader: DatabaseReader, isRead: (bytes: number) => void): DatabaseReader {
  return {
    getMany: (keys) => reader.getMany(keys),
    async *range(gte, lt, options) {
      for await (const page of reader.range(gte, lt, options)) {
        for (const [key, value] of page) if (key.startsWith('B')) isRead(value.length)
        yield page
      }
    },
  }
}

describe('recovery of the embedded log', () => {
  it('reads about a segment a partition, however long the log is', async () => {
    const disk = new MemoryDisk()
    const broker = await openOn(disk)
    await broker.createTopics([{ name: 'long', partitions: 2 }])
    const producer = broker.producer()
    for (let i = 0; i < 200; i++) await sendValues(producer, 'long', ['x'.repeat(300)], i % 2)
    disk.crash()
    let bytes = 0
    const database = new MemoryDatabase(disk)
    const reader = countingReader(database, (read) => (bytes += read))
    const found = await recoverLog(reader, SEGMENT_BYTES, 0)
    expect(found.topics[0]!.logs.map(({ logEndOffset }) => logEndOffset)).toEqual([100, 100])
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThanOrEqual(2 * SEGMENT_BYTES)
  })

  it('never gives a producer id or topic number twice', async () => {
    const disk = new MemoryDisk()
    const ids = new Set<string>()
    for (let life = 0; life < 3; life++) {
      const broker = await openOn(disk)
      await broker.createTopics([{ name: `t${life}`, partitions: 1 }])
      await sendValues(broker.producer(), `t${life}`, ['v'])
      const transaction = broker.transaction(`id-${life}`)
      await transaction.init()
      await sendValues(transaction, `t${life}`, ['v'])
      await transaction.commit()
      const fetcher = broker.fetcher()
      fetcher.assign([{ topic: `t${life}`, partition: 0, offset: 0 }])
      for (let next = 0; next < 3;) {
        for (const { batches, nextOffset } of (await fetcher.poll(0)).fetched) {
          for (const batch of batches) ids.add(batch.producerId.toString())
          next = nextOffset
        }
      }
      disk.crash()
    }
    expect(ids.size).toBe(6)
    const numbers = disk.rows.keys('T', 'U').map((key) => {
      return (JSON.parse(disk.rows.get(key)!.toString()) as { number: number }).number
    })
    expect(new Set(numbers).size).toBe(3)
  })

  it('says which batch is damaged, to readers and at open', async () => {
    const disk = new MemoryDisk()
    const broker = await openOn(disk)
    await broker.createTopics([{ name: 'damaged', partitions: 1 }])
    const producer = broker.producer()
    for (let i = 0; i < 3; i++) await sendValues(producer, 'damaged', ['x'.repeat(100)])
    const key = disk.rows.keys('B', 'C')[1]!
    const bytes = Buffer.from(disk.rows.get(key)!)
    bytes[80]! ^= 1
    disk.rows.set(key, bytes)
    const corrupt = { name: 'CorruptBatchError', offset: 1 }
    await expect(readValues(broker, 'damaged')).rejects.toMatchObject(corrupt)
    expect(await readValues(broker, 'damaged', { from: 2 })).toEqual(['x'.repeat(100)])
    disk.crash()
    await expect(openOn(disk)).rejects.toThrow(CorruptBatchError)
  })

  it('refuses all writes after the disk refused one, and has lost nothing acknowledged', async () => {
    const disk = new MemoryDisk()
    const broker = await openOn(disk)
    await broker.createTopics([{ name: 'full', partitions: 1 }])
    const producer = broker.producer()
    await sendValues(producer, 'full', ['written'])
    disk.beforeOperation = (operation) =>
      operation === 'write' ? Promise.reject(new Error('no space')) : Promise.resolve()
    await expect(sendValues(producer, 'full', ['refused'])).rejects.toThrow(FatalBrokerError)
    const transaction = broker.transaction('id')
    await expect(transaction.init()).rejects.toThrow(FatalBrokerError)
    expect(await readValues(broker, 'full')).toEqual(['written'])
    disk.beforeOperation = () => Promise.resolve()
    await expect(sendValues(producer, 'full', ['refused'])).rejects.toThrow(FatalBrokerError)
    await broker.close()
    disk.crash()
    expect(await readValues(await openOn(disk), 'full')).toEqual(['written'])
  })

  it('forgets transactions over a topic that was deleted', async () => {
    const disk = new MemoryDisk()
    const broker = await openOn(disk)
    await broker.createTopics([
      { name: 'kept', partitions: 1 },
      { name: 'deleted', partitions: 1 },
    ])
    const transaction = broker.transaction('id')
    await transaction.init()
    for (const topic of ['kept', 'deleted', 'kept']) await sendValues(transaction, topic, ['v'])
    await broker.deleteTopics(['deleted'])
    await sendValues(broker.producer(), 'kept', ['behind'])
    disk.crash()
    const next = await openOn(disk)
    expect(await readValues(next, 'kept')).toEqual(['behind'])
    expect(await next.describeTopics(['deleted'])).toEqual([])
    await next.close()
  })

  it('commits what is left when a topic of the transaction is deleted', async () => {
    const broker = await openOn(new MemoryDisk(), 1_000_000)
    await broker.createTopics([
      { name: 'kept', partitions: 1 },
      { name: 'deleted', partitions: 1 },
    ])
    const transaction = broker.transaction('id')
    await transaction.init()
    for (const topic of ['kept', 'deleted']) await sendValues(transaction, topic, ['v'])
    await broker.deleteTopics(['deleted'])
    await transaction.commit()
    expect(await readValues(broker, 'kept')).toEqual(['v'])
    await broker.close()
  })

  it('does not bring back records that were deleted while their transaction was open', async () => {
    const disk = new MemoryDisk()
    const broker = await openOn(disk, 1_000_000)
    await broker.createTopics([{ name: 'cut', partitions: 1 }])
    const transaction = broker.transaction('id')
    await transaction.init()
    const at = { topic: 'cut', partition: 0 }
    for (const value of ['a', 'b']) {
      await transaction.send([{ ...at, records: batchOf([{ value }]) }])
    }
    await broker.deleteRecords([{ ...at, offset: 1 }])
    await transaction.commit()
    expect(await readValues(broker, 'cut')).toEqual(['b'])
    disk.crash()
    const next = await openOn(disk)
    expect(await readValues(next, 'cut')).toEqual(['b'])
    expect(disk.rows.keys('B', 'C')).toHaveLength(2)
    await next.close()
  })
})
