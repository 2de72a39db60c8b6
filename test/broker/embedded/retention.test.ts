import { describe, expect, it } from 'vitest'
import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import type { TopicConfig } from '../../../broker/port.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { MemoryDisk } from '../../../state/memory-disk.ts'
import { TIME_MS, batchOf, readValues } from '../../support/broker-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const TOPIC = 'trimmed'
const at = { topic: TOPIC, partition: 0 }

interface Opened {
  readonly broker: EmbeddedBroker
  readonly clock: ManualClock
  readonly disk: MemoryDisk
}

async function open(config: TopicConfig): Promise<Opened> {
  const clock = new ManualClock(TIME_MS)
  const disk = new MemoryDisk()
  const broker = await EmbeddedBroker.open({
    database: new MemoryDatabase(disk),
    clock,
    segmentBytes: 1,
    tailBytesMax: 0,
  })
  await broker.createTopics([{ name: TOPIC, partitions: 1, config }])
  return { broker, clock, disk }
}

async function write(broker: EmbeddedBroker, value: string, timestampMs: number): Promise<void> {
  const producer = broker.producer()
  await producer.send([{ ...at, records: batchOf([{ value, timestampMs }]) }])
  await producer.close()
}

async function startOf(broker: EmbeddedBroker): Promise<number> {
  return (await broker.listOffsets([at], 'earliest'))[0]!.offset
}

describe('retention of the embedded log', () => {
  it('deletes records once they are older than the topic keeps them', async () => {
    const { broker, clock } = await open({ retentionMs: 1000 })
    await write(broker, 'old', TIME_MS)
    await write(broker, 'young', TIME_MS + 600)
    await clock.advance(1200)
    await broker.cleanNow()
    expect(await readValues(broker, TOPIC)).toEqual(['young'])
    expect(await startOf(broker)).toBe(1)
    await clock.advance(1000)
    await broker.cleanNow()
    expect(await readValues(broker, TOPIC)).toEqual([])
    expect(await startOf(broker)).toBe(2)
    await broker.close()
  })

  it('deletes in the background', async () => {
    const { broker, clock } = await open({ retentionMs: 1000 })
    await write(broker, 'old', TIME_MS)
    await clock.advance(20_000)
    expect(await readValues(broker, TOPIC)).toEqual([])
    await broker.close()
  })

  it('counts from the append on a log-append-time topic, whatever the producer says', async () => {
    const config = { retentionMs: 1000, timestampType: 'log-append-time' } as const
    const { broker, clock } = await open(config)
    await write(broker, 'from long ago', 0)
    await clock.advance(500)
    await broker.cleanNow()
    expect(await readValues(broker, TOPIC)).toEqual(['from long ago'])
    await clock.advance(501)
    await broker.cleanNow()
    expect(await readValues(broker, TOPIC)).toEqual([])
    await broker.close()
  })

  it('keeps the newest bytes of a topic limited by size', async () => {
    const { broker } = await open({ retentionBytes: 2000 })
    for (let i = 0; i < 10; i++) await write(broker, `${i}${'x'.repeat(900)}`, TIME_MS)
    await broker.cleanNow()
    const left = (await readValues(broker, TOPIC)).map((value) => value![0])
    expect(left).toEqual(['7', '8', '9'])
    await broker.close()
  })

  it('keeps everything without a limit, and of a compacted topic whatever its limits', async () => {
    const config = { cleanupPolicy: 'compact', retentionMs: 1, retentionBytes: 1 } as const
    for (const settings of [{}, config]) {
      const { broker, clock } = await open(settings)
      await write(broker, 'kept', 0)
      await clock.advance(10_000_000)
      await broker.cleanNow()
      expect(await readValues(broker, TOPIC)).toEqual(['kept'])
      await broker.close()
    }
  })

  it('does not pass an open transaction', async () => {
    const { broker, clock } = await open({ retentionMs: 1000 })
    await write(broker, 'old', TIME_MS)
    const transaction = broker.transaction('open', { timeoutMs: 1_000_000 })
    await transaction.init()
    const records = batchOf([{ value: 'open', timestampMs: TIME_MS }])
    await transaction.send([{ ...at, records }])
    await clock.advance(50_000)
    await broker.cleanNow()
    expect(await startOf(broker)).toBe(1)
    await transaction.commit()
    expect(await readValues(broker, TOPIC)).toEqual(['open'])
    await broker.close()
  })

  it('remembers the start, and the end of an emptied log, when opened again', async () => {
    const { broker, clock, disk } = await open({ retentionMs: 1000 })
    await write(broker, 'a', TIME_MS)
    await write(broker, 'b', TIME_MS)
    await clock.advance(5000)
    await broker.cleanNow()
    disk.crash()
    const next = await EmbeddedBroker.open({ database: new MemoryDatabase(disk), clock })
    expect(await startOf(next)).toBe(2)
    expect(await next.listOffsets([at], 'latest')).toEqual([{ ...at, offset: 2 }])
    await next.close()
  })

  it('deletes the rows of what it deletes, and of a deleted topic', async () => {
    const { broker, disk } = await open({})
    const rows = (family: string): number =>
      disk.rows.keys(family, `${family}\u00ff`).filter((key) => disk.rows.get(key) !== null).length
    const transaction = broker.transaction('tx')
    await transaction.init()
    for (let i = 0; i < 5; i++) {
      await transaction.send([{ ...at, records: batchOf([{}]) }])
      await transaction.abort()
    }
    const [end] = await broker.listOffsets([at], 'latest')
    await broker.deleteRecords([{ ...at, offset: end!.offset - 2 }])
    // The last transaction's batch and marker, of which the first is a closed segment.
    expect(['A', 'B', 'S', 'P'].map(rows)).toEqual([1, 2, 1, 1])
    await broker.deleteTopics([TOPIC])
    expect(['A', 'B', 'S', 'P', 'T'].map(rows)).toEqual([0, 0, 0, 0, 0])
    await broker.close()
  })
})
