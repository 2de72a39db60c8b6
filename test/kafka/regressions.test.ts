import { open } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CorruptBatchError } from '../../broker/errors.ts'
import type { KafkaBroker } from '../../broker/kafka/kafka-broker.ts'
import type { Fetched, Transaction } from '../../broker/port.ts'
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import {
  TIME_MS,
  batchOf,
  eventually,
  readAll,
  recordsOfBatches,
  sendValues,
  uniqueName,
} from '../support/broker-records.ts'
import { ClusterTool } from '../support/kafka/cluster-tool.ts'
import { startJavaKafka, type JavaKafka } from '../support/kafka/java-kafka.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { connectPlain } from '../support/kafka/plain-client.ts'
import { sharedKafka } from '../support/kafka/shared-kafka.ts'
import { readCommitted } from '../support/kafka/topic-reader.ts'

/** Defects of kafkajs's own consumer, by their numbers; the judge is Kafka's Java consumer. */
await describeKafka('reading, where kafkajs fails', () => {
  let bootstrapServers: string
  let broker: KafkaBroker
  beforeAll(async () => {
    bootstrapServers = await sharedKafka()
    broker = await connectPlain(bootstrapServers)
  }, 120_000)
  afterAll(async () => {
    await broker.close()
  })

  it('K6: overlapping aborts and keys like markers leak nothing, wherever a fetch begins', async () => {
    const topic = uniqueName('k6')
    await broker.createTopics([{ name: topic, partitions: 1 }])
    const at = { topic, partition: 0 }
    await writeInterleaved(broker, topic)
    const written = await readAll(broker, at, { isolation: 'read_uncommitted' })
    const [end] = await broker.listOffsets([at], 'latest')
    await eventually(async () => {
      const [stable] = await broker.listOffsets([at], 'latest', 'read_committed')
      return stable!.offset === end!.offset
    })
    const judged = (await readCommitted(bootstrapServers, [topic])).map(({ offset, value }) => ({
      offset,
      value: value!.toString(),
    }))
    expect(judged.length).toBeLessThan(written.length)
    expect(judged.map(({ value }) => value).filter((value) => value.endsWith('aborted'))).toEqual(
      [],
    )
    for (let from = 0; from < end!.offset; from += 13) {
      for (const partitionBytesMax of [1, 300, 1_000_000]) {
        const read = await readAll(broker, at, { from, partitionBytesMax })
        const seen = read.map(({ offset, value }) => ({ offset, value }))
        expect(seen).toEqual(judged.filter(({ offset }) => offset >= from))
      }
    }
  }, 60_000)

  it('K7: a batch that compaction emptied, alone in a fetch, moves the reader on', async () => {
    const topic = uniqueName('k7')
    const config = { cleanupPolicy: 'compact' } as const
    await broker.createTopics([{ name: topic, partitions: 1, config }])
    await new ClusterTool(bootstrapServers).alterTopic(topic, {
      'internal.segment.bytes': '2000',
      'min.cleanable.dirty.ratio': '0.01',
    })
    const at = { topic, partition: 0 }
    const send = async (producer: ReturnType<KafkaBroker['producer']>, value: string) => {
      const records = batchOf(['a', 'b', 'c'].map((key) => ({ key, value })))
      await producer.send([{ ...at, records }])
    }
    // The last batch of a producer stays, empty, for the sake of its sequence numbers.
    const [idle, busy] = [broker.producer(), broker.producer()]
    await send(idle, 'old')
    const firstAnswer = async (): Promise<Fetched> => {
      const fetcher = broker.fetcher({ partitionBytesMax: 1 })
      fetcher.assign([{ ...at, offset: 0 }])
      const { fetched } = await fetcher.poll(5000)
      await fetcher.close()
      return fetched[0]!
    }
    expect(recordsOfBatches((await firstAnswer()).batches)).toHaveLength(3)
    await eventually(async () => {
      await send(busy, 'x'.repeat(500))
      return recordsOfBatches((await firstAnswer()).batches).length === 0
    }, 50_000)
    expect((await firstAnswer()).nextOffset).toBe(3)
    const read = await readAll(broker, at, { partitionBytesMax: 1 })
    expect(read.at(-1)!.key).toBe('c')
    await idle.close()
    await busy.close()
  }, 60_000)

  it('K9: an offset out of range is an event, and nothing is read from elsewhere', async () => {
    const topic = uniqueName('k9')
    await broker.createTopics([{ name: topic, partitions: 1 }])
    const at = { topic, partition: 0 }
    const producer = broker.producer()
    await sendValues(producer, topic, ['a', 'b', 'c'])
    await producer.close()
    await broker.deleteRecords([{ ...at, offset: 2 }])
    const fetcher = broker.fetcher()
    fetcher.assign([{ ...at, offset: 0 }])
    expect(await fetcher.poll(5000)).toEqual({
      fetched: [],
      outOfRange: [{ ...at, offset: 0, logStartOffset: 2, highWatermark: 3 }],
    })
    expect(await fetcher.poll(200)).toEqual({ fetched: [], outOfRange: [] })
    await fetcher.close()
  })
})

await describeKafka('a log that is damaged on disk', () => {
  let kafka: JavaKafka
  let broker: KafkaBroker
  beforeAll(async () => {
    kafka = await startJavaKafka()
    broker = await connectPlain(kafka.bootstrapServers)
  }, 120_000)
  afterAll(async () => {
    await broker.close()
    await kafka.dispose()
  })

  it('K9: is found out by the checksum: what lies before is read, nothing of the rest', async () => {
    const topic = uniqueName('crc')
    await broker.createTopics([{ name: topic, partitions: 1 }])
    const producer = broker.producer()
    await sendValues(producer, topic, ['sound'])
    const { baseOffset } = await sendValues(producer, topic, ['torn'])
    await sendValues(producer, topic, ['behind'])
    await producer.close()
    // A broker sends what is in the file as it is.
    await flipLastByteOf('torn', segmentOf(kafka, topic))
    const fetcher = broker.fetcher()
    fetcher.assign([{ topic, partition: 0, offset: 0 }])
    const values: (string | null)[] = []
    const reading = (async () => {
      for (;;) {
        for (const { batches } of (await fetcher.poll(1000)).fetched) {
          values.push(...recordsOfBatches(batches).map(({ value }) => value))
        }
      }
    })()
    const damage: unknown = await reading.catch((error: unknown) => error)
    expect(damage).toBeInstanceOf(CorruptBatchError)
    expect((damage as CorruptBatchError).offset).toBe(baseOffset)
    expect(values).toEqual(['sound'])
    await fetcher.close()
  })
})

/** Three transactions and a plain producer in turns; two of five transactions are aborted. */
async function writeInterleaved(broker: KafkaBroker, topic: string): Promise<void> {
  // An abort marker's key is four zero bytes too.
  const markerLike = Buffer.alloc(4)
  const send = async (sender: Pick<Transaction, 'send'>, value: string): Promise<void> => {
    const records = new BatchBuilder()
    records.append(markerLike, Buffer.from(value), TIME_MS)
    await sender.send([{ topic, partition: 0, records }])
  }
  const transactions = [0, 1, 2].map(() => broker.transaction(uniqueName('tx')))
  for (const transaction of transactions) await transaction.init()
  const plain = broker.producer()
  for (let step = 0; step < 60; step++) {
    // Each begins and ends at steps of its own, so that they overlap in every way.
    for (const [who, transaction] of transactions.entries()) {
      const period = 3 + 2 * who
      const isAborted = (Math.floor(step / period) + who) % 5 < 2
      await send(transaction, `${step}-${who}-${isAborted ? 'aborted' : 'committed'}`)
      if (step % period === period - 1) {
        if (isAborted) await transaction.abort()
        else await transaction.commit()
      }
    }
    await send(plain, `${step}-plain`)
  }
  for (const transaction of transactions) {
    await transaction.abort()
    await transaction.close()
  }
  await plain.close()
}

function segmentOf(kafka: JavaKafka, topic: string): string {
  return path.join(kafka.dataDirectory, `${topic}-0`, `${'0'.repeat(20)}.log`)
}

async function flipLastByteOf(text: string, file: string): Promise<void> {
  const handle = await open(file, 'r+')
  const bytes = await handle.readFile()
  const at = bytes.indexOf(text) + text.length - 1
  expect(at).toBeGreaterThan(text.length)
  await handle.write(Buffer.from([bytes[at]! ^ 1]), 0, 1, at)
  await handle.close()
}
