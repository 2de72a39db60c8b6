import * as zlib from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { UnknownTopicError } from '../../broker/errors.ts'
import { KafkaBroker } from '../../broker/kafka/kafka-broker.ts'
import { systemClock } from '../../broker/clock.ts'
import type { Fetched } from '../../broker/port.ts'
import type { Compression } from '../../broker/record-batch/compression/compression.ts'
import { batchOf, readAll, readValues, sendValues, uniqueName } from '../support/broker-records.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { connectPlain } from '../support/kafka/plain-client.ts'
import { sharedKafka } from '../support/kafka/shared-kafka.ts'
import { startKafka } from '../support/kafka/start-kafka.ts'
import { readCommitted } from '../support/kafka/topic-reader.ts'

const codecs: Compression[] = ['gzip', 'snappy', 'lz4']
if ('zstdCompressSync' in zlib) codecs.push('zstd')

await describeKafka(
  'fetching from Kafka',
  () => {
    let servers: string
    let broker: KafkaBroker
    beforeAll(async () => {
      servers = await sharedKafka()
      broker = await connectPlain(servers)
    }, 60_000)
    afterAll(() => broker.close())

    const createTopic = async (partitions = 1): Promise<string> => {
      const name = uniqueName('fetch')
      await broker.createTopics([{ name, partitions, config: { retentionMs: -1 } }])
      return name
    }

    it('says which topic was deleted while it was read, and goes on with the others', async () => {
      const [gone, stays] = [await createTopic(), await createTopic()]
      const producer = broker.producer()
      await sendValues(producer, gone, ['before'])
      const fetcher = broker.fetcher()
      for (const topic of [gone, stays]) fetcher.assign([{ topic, partition: 0, offset: 0 }])
      expect((await fetcher.poll(10_000)).fetched.map(({ topic }) => topic)).toEqual([gone])
      await broker.deleteTopics([gone])
      const polled = (async () => {
        for (;;) await fetcher.poll(1000)
      })()
      await expect(polled).rejects.toThrow(UnknownTopicError)
      await expect(polled).rejects.toThrow(gone)
      fetcher.unassign([{ topic: gone, partition: 0 }])
      await sendValues(producer, stays, ['after'])
      expect((await fetcher.poll(10_000)).fetched.map(({ topic }) => topic)).toEqual([stays])
      await fetcher.close()
      await producer.close()
    })

    it('names the bounds of a log that was cut below its position', async () => {
      const topic = await createTopic()
      const producer = broker.producer()
      await sendValues(producer, topic, ['a', 'b', 'c', 'd'])
      await producer.close()
      await broker.deleteRecords([{ topic, partition: 0, offset: 3 }])
      const fetcher = broker.fetcher()
      fetcher.assign([{ topic, partition: 0, offset: 1 }])
      const { outOfRange } = await fetcher.poll(10_000)
      expect(outOfRange).toEqual([
        { topic, partition: 0, offset: 1, logStartOffset: 3, highWatermark: 4 },
      ])
      expect(await fetcher.poll(700)).toEqual({ fetched: [], outOfRange: [] })
      await fetcher.close()
    })

    it('does not see an open transaction, and sees the end of the log move behind it', async () => {
      const topic = await createTopic()
      const transaction = broker.transaction(uniqueName('tx'))
      await transaction.init()
      await sendValues(transaction, topic, ['later'])
      const all = broker.fetcher({ isolation: 'read_uncommitted' })
      const committed = broker.fetcher()
      for (const fetcher of [all, committed]) {
        fetcher.assign([{ topic, partition: 0, offset: 0 }])
      }
      expect((await all.poll(10_000)).fetched[0]).toMatchObject({
        nextOffset: 1,
        highWatermark: 1,
        lastStableOffset: 0,
      })
      expect((await committed.poll(700)).fetched).toEqual([])
      await transaction.commit()
      // The marker may come in a poll of its own: it is no record, yet it moves the position.
      let last: Fetched | undefined
      while (last?.nextOffset !== 2) last = (await committed.poll(10_000)).fetched[0]
      expect(last.lastStableOffset).toBe(2)
      for (const closing of [all, committed, transaction]) await closing.close()
    })

    it.each(codecs)(
      'gives and takes batches compressed with %s as the Java client does',
      async (compression) => {
        const topic = await createTopic()
        const packing = await KafkaBroker.connect({
          bootstrapServers: servers.split(','),
          clientId: 'packing',
          security: { protocol: 'PLAINTEXT' },
          compression,
          clock: systemClock,
        })
        const values = Array.from({ length: 2000 }, (_, i) => `value ${i} ${'x'.repeat(i % 90)}`)
        const records = batchOf(values.map((value) => ({ value, key: null })))
        const producer = packing.producer()
        await producer.send([{ topic, partition: 0, records }])
        await producer.close()
        await packing.close()
        expect(await readValues(broker, topic)).toEqual(values)
        const judged = await readCommitted(servers, [topic])
        expect(judged.map(({ value }) => value!.toString())).toEqual(values)
      },
      60_000,
    )
  },
  'any broker',
)

await describeKafka('fetching across a restart', () => {
  it('goes on where it stood when its broker dies and comes back', async () => {
    const kafka = await startKafka({})
    const broker = await connectPlain(kafka.bootstrapServers)
    const topic = uniqueName('restart')
    await broker.createTopics([{ name: topic, partitions: 2 }])
    const before = broker.producer()
    for (const partition of [0, 1]) await sendValues(before, topic, ['a', 'b'], partition)
    const fetcher = broker.fetcher()
    fetcher.assign([0, 1].map((partition) => ({ topic, partition, offset: 0 })))
    const next: number[] = [0, 0]
    const readTo = async (end: number): Promise<void> => {
      while (next.some((offset) => offset < end)) {
        for (const { partition, nextOffset } of (await fetcher.poll(1000)).fetched) {
          expect(nextOffset).toBeGreaterThan(next[partition]!)
          next[partition] = nextOffset
        }
      }
    }
    await readTo(2)
    await kafka.kill()
    expect(await fetcher.poll(1500)).toEqual({ fetched: [], outOfRange: [] })
    await kafka.start()
    const after = broker.producer()
    for (const partition of [0, 1]) await sendValues(after, topic, ['c'], partition)
    await readTo(3)
    expect((await readAll(broker, { topic, partition: 1 })).map(({ value }) => value)).toEqual([
      'a',
      'b',
      'c',
    ])
    await fetcher.close()
    await broker.close()
    await kafka.dispose()
  }, 90_000)
})
