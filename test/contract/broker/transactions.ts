import { describe, expect, it } from 'vitest'
import { RecordTooLargeError } from '../../../broker/errors.ts'
import type { Transaction } from '../../../broker/port.ts'
import { BatchBuilder } from '../../../broker/record-batch/batch-builder.ts'
import {
  TIME_MS,
  eventually,
  readAll,
  readValues,
  sendValues,
  uniqueName,
} from '../../support/broker-records.ts'
import type { SharedBroker } from './harness.ts'

export function transactionCases(shared: SharedBroker): void {
  const createTopic = async (partitions = 1): Promise<string> => {
    const name = uniqueName('transactions')
    await shared().broker.createTopics([{ name, partitions }])
    return name
  }
  const begin = async (): Promise<Transaction> => {
    const transaction = shared().broker.transaction(uniqueName('tx'))
    await transaction.init()
    return transaction
  }

  describe('transactions', () => {
    it('show their records to read_committed once committed, in all partitions', async () => {
      const { broker } = shared()
      const topic = await createTopic(2)
      const transaction = await begin()
      await sendValues(transaction, topic, ['a', 'b'], 0)
      await sendValues(transaction, topic, ['c'], 1)
      expect(await readValues(broker, topic)).toEqual([])
      expect(await readValues(broker, topic, { isolation: 'read_uncommitted' })).toEqual(['a', 'b'])
      await transaction.commit()
      await eventually(async () => (await readValues(broker, topic)).length === 2)
      await eventually(async () => (await readValues(broker, topic, { partition: 1 })).length === 1)
      await transaction.close()
    })

    it('never show aborted records to read_committed, and always to read_uncommitted', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const transaction = await begin()
      await sendValues(transaction, topic, ['aborted'])
      await transaction.abort()
      await sendValues(transaction, topic, ['committed'])
      await transaction.commit()
      await eventually(async () => (await readValues(broker, topic)).length > 0)
      expect(await readValues(broker, topic)).toEqual(['committed'])
      expect(await readValues(broker, topic, { isolation: 'read_uncommitted' })).toEqual([
        'aborted',
        'committed',
      ])
      await transaction.close()
    })

    it('hold read_committed readers back, also from what others wrote behind', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const transaction = await begin()
      await sendValues(transaction, topic, ['open'])
      const producer = broker.producer()
      await sendValues(producer, topic, ['behind'])
      const fetcher = broker.fetcher()
      fetcher.assign([{ topic, partition: 0, offset: 0 }])
      expect((await fetcher.poll(200)).fetched.flatMap(({ batches }) => batches)).toEqual([])
      await transaction.abort()
      await eventually(async () => (await readValues(broker, topic)).length === 1)
      expect(await readValues(broker, topic)).toEqual(['behind'])
      await fetcher.close()
      await producer.close()
      await transaction.close()
    })

    it('move a reader past markers, to the very end of the log', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const transaction = await begin()
      await sendValues(transaction, topic, ['aborted'])
      await transaction.abort()
      const at = { topic, partition: 0 }
      const endOf = async (): Promise<[number, number]> => {
        const [stable] = await broker.listOffsets([at], 'latest', 'read_committed')
        const [high] = await broker.listOffsets([at], 'latest', 'read_uncommitted')
        return [stable!.offset, high!.offset]
      }
      await eventually(async () => new Set(await endOf()).size === 1)
      const fetcher = broker.fetcher()
      fetcher.assign([{ ...at, offset: 0 }])
      let position = 0
      while (position < (await endOf())[0]) {
        for (const { nextOffset, batches } of (await fetcher.poll(5000)).fetched) {
          expect(batches).toEqual([])
          position = nextOffset
        }
      }
      expect(position).toBeGreaterThan(1)
      await fetcher.close()
      await transaction.close()
    })

    it('are told apart when several interleave, whatever their keys look like', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      // Four zero bytes are also the key of an abort marker.
      const markerLike = Buffer.alloc(4)
      const transactions = await Promise.all([begin(), begin(), begin()])
      const plain = broker.producer()
      const expected: string[] = []
      for (let round = 0; round < 12; round++) {
        for (let step = 0; step < 3; step++) {
          for (const [who, transaction] of transactions.entries()) {
            const records = new BatchBuilder()
            records.append(markerLike, Buffer.from(`${round}-${step}-${who}`), TIME_MS)
            await transaction.send([{ topic, partition: 0, records }])
          }
          await sendValues(plain, topic, [`${round}-${step}-plain`])
        }
        // In another order than they began.
        for (const who of [2, 0, 1]) {
          if ((round + who) % 3 === 0) await transactions[who]!.abort()
          else await transactions[who]!.commit()
        }
        for (let step = 0; step < 3; step++) {
          for (const who of [0, 1, 2]) {
            if ((round + who) % 3 !== 0) expected.push(`${round}-${step}-${who}`)
          }
          expected.push(`${round}-${step}-plain`)
        }
      }
      await eventually(async () => (await readValues(broker, topic)).length >= expected.length)
      expect(await readValues(broker, topic)).toEqual(expected)
      const all = await readAll(broker, { topic, partition: 0 }, { isolation: 'read_uncommitted' })
      for (const { offset } of all.filter((_, i) => i % 7 === 0)) {
        const rest = all.filter((each) => each.offset >= offset).map(({ value }) => value)
        const seen = await readValues(broker, topic, { from: offset, partitionBytesMax: 300 })
        expect(seen).toEqual(rest.filter((value) => expected.includes(value!)))
      }
      await Promise.all(transactions.map((transaction) => transaction.close()))
      await plain.close()
    })

    it('end without a word when nothing was sent', async () => {
      const transaction = await begin()
      await transaction.commit()
      await transaction.abort()
      await transaction.commit()
      await transaction.close()
    })

    it('survive the refusal of a batch by an abort', async () => {
      const { broker } = shared()
      const topic = uniqueName('small')
      const config = { maxMessageBytes: 2000 }
      await broker.createTopics([{ name: topic, partitions: 1, config }])
      const transaction = await begin()
      await sendValues(transaction, topic, ['before'])
      await expect(sendValues(transaction, topic, ['x'.repeat(4000)])).rejects.toThrow(
        RecordTooLargeError,
      )
      await transaction.abort()
      await sendValues(transaction, topic, ['after'])
      await transaction.commit()
      await eventually(async () => (await readValues(broker, topic)).length > 0)
      expect(await readValues(broker, topic)).toEqual(['after'])
      await transaction.close()
    })

    it('commit many times under one id', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const transaction = await begin()
      const values = Array.from({ length: 30 }, (_, i) => `v${i}`)
      for (const value of values) {
        await sendValues(transaction, topic, [value])
        await transaction.commit()
      }
      await eventually(async () => (await readValues(broker, topic)).length === values.length)
      expect(await readValues(broker, topic)).toEqual(values)
      await transaction.close()
    })
  })
}
