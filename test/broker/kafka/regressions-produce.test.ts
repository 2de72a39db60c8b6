import { describe, expect, it } from 'vitest'
import {
  AbortableError,
  StaleGenerationError,
  UnknownOutcomeError,
} from '../../../broker/errors.ts'
import { errorCodes as code } from '../../../broker/kafka/error-codes.ts'
import { KafkaProducer } from '../../../broker/kafka/produce/kafka-producer.ts'
import { KafkaTransaction } from '../../../broker/kafka/produce/kafka-transaction.ts'
import type { ProduceRequest } from '../../../broker/kafka/wire/produce.ts'
import type { TxnOffsetCommitRequest } from '../../../broker/kafka/wire/txn-offset-commit.ts'
import { sendValues, valuesBatch } from '../../support/broker-records.ts'
import { ModelCluster, type ModelCall } from '../../support/model-cluster.ts'

const topic = 't'
const first = { topic, partition: 0 }
const second = { topic, partition: 1 }

function holds(call: ModelCall, partition: number): boolean {
  if (call.api !== 'Produce') return false
  return (call.request as ProduceRequest).batches.some((batch) => batch.partition === partition)
}

const both = (): {
  topic: string
  partition: number
  records: ReturnType<typeof valuesBatch>
}[] => [
  { ...first, records: valuesBatch('p0') },
  { ...second, records: valuesBatch('p1') },
]

/** Named after the defects of kafkajs 2.2.4 that lose or double records; none of its code runs. */
describe('where kafkajs breaks exactly-once on the write side', () => {
  it('K1: it never writes a partition that moves to a broker which answered already', async () => {
    const cluster = new ModelCluster([1, 2])
    cluster.script = (call) =>
      call.node === 2
        ? {
            first: () => void (cluster.partitions[1]!.leader = 1),
            code: code.NOT_LEADER_OR_FOLLOWER,
          }
        : null
    const acks = await new KafkaProducer(cluster).send(both())
    expect(acks.map(({ partition }) => partition).sort()).toEqual([0, 1])
    expect(cluster.partitions.map(({ values }) => values)).toEqual([['p0'], ['p1']])
  })

  it('K1: it takes an answer that leaves a partition out for an acknowledgement', async () => {
    const cluster = new ModelCluster([1, 1])
    let left = 2
    cluster.script = ({ api }) => (api === 'Produce' && left-- > 0 ? { leftOut: 1 } : null)
    const acks = await new KafkaProducer(cluster).send(both())
    expect(acks.map(({ partition }) => partition).sort()).toEqual([0, 1])
    expect(cluster.partitions.map(({ values }) => values)).toEqual([['p0'], ['p1']])
  })

  it('K2: it sends what a slow broker has already appended under a new sequence', async () => {
    const cluster = new ModelCluster([1, 2])
    let slow = 2
    let failing = 3
    cluster.script = (call) => {
      if (holds(call, 0) && slow-- > 0) return { lost: 'after' }
      if (holds(call, 1) && failing-- > 0) return { code: code.NOT_ENOUGH_REPLICAS }
      return null
    }
    await new KafkaProducer(cluster).send(both())
    expect(cluster.callsOf('Produce').filter((call) => holds(call, 0))).toHaveLength(3)
    expect(cluster.partitions.map(({ values }) => values)).toEqual([['p0'], ['p1']])
  })

  it('K3: it repeats an acknowledged partition whose leader moves during a retry', async () => {
    const cluster = new ModelCluster([1, 2])
    let failing = 3
    cluster.script = (call) => {
      // Once the other partition has been acknowledged, its leader moves.
      if (!holds(call, 1) || failing-- === 0) return null
      if (failing === 2) return { code: code.KAFKA_STORAGE_ERROR }
      return {
        first: () => void (cluster.partitions[0]!.leader = 3),
        code: code.KAFKA_STORAGE_ERROR,
      }
    }
    const transaction = new KafkaTransaction(cluster, 'id')
    await transaction.init()
    await transaction.send(both())
    await transaction.commit()
    expect(cluster.callsOf('Produce').filter((call) => holds(call, 0))).toHaveLength(1)
    expect(cluster.partitions.map(({ values }) => values)).toEqual([['p0'], ['p1']])
  })

  it('K4: it gives the sequence of an appended batch to the next, which is acked and lost', async () => {
    const cluster = new ModelCluster([1])
    const producer = new KafkaProducer(cluster, { deliveryTimeoutMs: 20 })
    await sendValues(producer, topic, ['a'])
    cluster.script = () => ({ lost: 'after' })
    await expect(sendValues(producer, topic, ['in doubt'])).rejects.toThrow(UnknownOutcomeError)
    cluster.script = () => null
    await sendValues(producer, topic, ['next'])
    expect(cluster.partitions[0]!.values).toEqual(['a', 'in doubt', 'next'])
  })

  it.each([2, 0])(
    'K4: it does so across an aborted transaction (transaction.version %i)',
    async (version) => {
      const cluster = new ModelCluster([1], version)
      const transaction = new KafkaTransaction(cluster, 'id', { deliveryTimeoutMs: 20 })
      await transaction.init()
      await sendValues(transaction, topic, ['a'])
      await transaction.commit()
      cluster.script = ({ api }) => (api === 'Produce' ? { lost: 'after' } : null)
      await expect(sendValues(transaction, topic, ['in doubt'])).rejects.toThrow(AbortableError)
      cluster.script = () => null
      await transaction.abort()
      await sendValues(transaction, topic, ['next'])
      await transaction.commit()
      expect(cluster.partitions[0]!.values).toEqual(['a', 'next'])
    },
  )

  it.each([2, 0])(
    'K5: it has no way on after an unanswered EndTxn (transaction.version %i)',
    async (version) => {
      const cluster = new ModelCluster([1], version)
      const transaction = new KafkaTransaction(cluster, 'id', { deliveryTimeoutMs: 20 })
      await transaction.init()
      for (const verdict of ['commit', 'abort'] as const) {
        await sendValues(transaction, topic, ['dropped'])
        cluster.script = ({ api }) => (api === 'EndTxn' ? { lost: 'before' } : null)
        await expect(transaction[verdict]()).rejects.toThrow(UnknownOutcomeError)
        cluster.script = () => null
        await transaction.init()
      }
      await sendValues(transaction, topic, ['kept'])
      await transaction.commit()
      expect(cluster.partitions[0]!.values).toEqual(['kept'])
    },
  )

  it('K5: it has no way on after a refused EndTxn', async () => {
    const cluster = new ModelCluster([1])
    const transaction = new KafkaTransaction(cluster, 'id')
    await transaction.init()
    await sendValues(transaction, topic, ['dropped'])
    cluster.script = ({ api }) => (api === 'EndTxn' ? { code: code.TRANSACTION_ABORTABLE } : null)
    await expect(transaction.commit()).rejects.toThrow(AbortableError)
    cluster.script = () => null
    await transaction.abort()
    await sendValues(transaction, topic, ['kept'])
    await transaction.commit()
    expect(cluster.partitions[0]!.values).toEqual(['kept'])
  })

  it('K8: it commits offsets without generation and member, so a zombie member is not told', async () => {
    const cluster = new ModelCluster([1])
    const transaction = new KafkaTransaction(cluster, 'id')
    await transaction.init()
    cluster.group.generationId = 7
    const offsets = [{ ...first, offset: 5, metadata: '' }]
    const stale = { groupId: 'group', generationId: 6, memberId: 'member' }
    await expect(transaction.sendOffsets(offsets, stale)).rejects.toThrow(StaleGenerationError)
    await transaction.sendOffsets(offsets, { ...stale, generationId: 7 })
    await transaction.commit()
    expect(cluster.committed).toEqual(new Map([['t/0', 5]]))
    const [call] = cluster.callsOf('TxnOffsetCommit')
    expect(call!.version).toBeGreaterThanOrEqual(3)
    expect((call!.request as TxnOffsetCommitRequest).group).toEqual(stale)
  })

  it('K8: it ends transactions by EndTxn v1, which a late repeat turns against the next one', async () => {
    const cluster = new ModelCluster([1])
    const transaction = new KafkaTransaction(cluster, 'id')
    await transaction.init()
    await sendValues(transaction, topic, ['a'])
    let lost = 2
    cluster.script = ({ api }) => (api === 'EndTxn' && lost-- > 0 ? { lost: 'after' } : null)
    await transaction.commit()
    await sendValues(transaction, topic, ['b'])
    const [late] = cluster.callsOf('EndTxn')
    expect(late!.version).toBe(5)
    const epochs = cluster.callsOf('EndTxn').map(({ request }) => request)
    expect(epochs).toEqual([late!.request, late!.request, late!.request])
    await transaction.abort()
    expect(cluster.partitions[0]!.values).toEqual(['a'])
  })
})
