import { describe, expect, it } from 'vitest'
import {
  AbortableError,
  FatalBrokerError,
  FencedError,
  RecordTooLargeError,
  RetriableError,
  StaleGenerationError,
  UnknownOutcomeError,
  UnknownTopicError,
} from '../../../../broker/errors.ts'
import { errorCodes as code } from '../../../../broker/kafka/error-codes.ts'
import {
  KafkaTransaction,
  type KafkaTransactionOptions,
} from '../../../../broker/kafka/produce/kafka-transaction.ts'
import type { EndTxnRequest } from '../../../../broker/kafka/wire/end-txn.ts'
import type { ProduceRequest } from '../../../../broker/kafka/wire/produce.ts'
import { sendValues, valuesBatch } from '../../../support/broker-records.ts'
import { ModelCluster, type Fault } from '../../../support/model-cluster.ts'

const topic = 't'
const group = { groupId: 'group', generationId: 1, memberId: 'member' }
const offsets = [{ topic, partition: 0, offset: 9, metadata: 'm' }]
const soon = { deliveryTimeoutMs: 20 }

async function begin(
  cluster: ModelCluster,
  options: KafkaTransactionOptions = {},
): Promise<KafkaTransaction> {
  const transaction = new KafkaTransaction(cluster, 'id', options)
  await transaction.init()
  return transaction
}

/** The next `times` calls of an API meet a fault. */
function fail(cluster: ModelCluster, name: string, fault: Fault, times = 1): void {
  let left = times
  cluster.script = ({ api }) => (api === name && left-- > 0 ? fault : null)
}

const always = Infinity

describe.each([2, 0])('a transaction on Kafka, transaction.version %i', (version) => {
  it('commits batches and offsets together', async () => {
    const cluster = new ModelCluster([1, 2], version)
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'], 0)
    await sendValues(transaction, topic, ['b'], 1)
    await transaction.sendOffsets(offsets, group)
    expect(cluster.committed.size).toBe(0)
    await transaction.commit()
    expect(cluster.partitions.map(({ values }) => values)).toEqual([['a'], ['b']])
    expect(cluster.committed).toEqual(new Map([['t/0', 9]]))
  })

  it('drops batches and offsets together', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'])
    await transaction.sendOffsets(offsets, group)
    await transaction.abort()
    await sendValues(transaction, topic, ['b'])
    await transaction.commit()
    expect(cluster.partitions[0]!.values).toEqual(['b'])
    expect(cluster.committed.size).toBe(0)
  })

  it('asks the coordinator nothing when nothing was sent', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    await transaction.commit()
    await transaction.abort()
    await transaction.send([])
    await transaction.commit()
    expect(cluster.callsOf('EndTxn')).toEqual([])
  })

  it('keeps the order of several batches for one partition in one send', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    const values = ['a', 'b', 'c', 'd']
    const acks = await transaction.send(
      values.map((value) => ({ topic, partition: 0, records: valuesBatch(value) })),
    )
    await transaction.commit()
    expect(acks.map(({ baseOffset }) => baseOffset)).toEqual([0, 1, 2, 3])
    expect(cluster.partitions[0]!.values).toEqual(values)
  })

  it('puts the batches of one leader into one request', async () => {
    const cluster = new ModelCluster([1, 2, 1, 2], version)
    const transaction = await begin(cluster)
    await transaction.send(
      [0, 1, 2, 3].map((partition) => ({ topic, partition, records: valuesBatch('v') })),
    )
    const sent = cluster.callsOf('Produce').map(({ node, request }) => {
      const { batches } = request as ProduceRequest
      return [node, batches.map(({ partition }) => partition)]
    })
    expect(sent).toEqual([
      [1, [0, 2]],
      [2, [1, 3]],
    ])
  })

  it.each(['InitProducerId', 'TxnOffsetCommit', 'EndTxn'])(
    'finds a coordinator that moved, at %s',
    async (api) => {
      const cluster = new ModelCluster([1], version)
      const transaction = new KafkaTransaction(cluster, 'id')
      const move: Fault = { first: () => cluster.moveCoordinator(2), code: code.NOT_COORDINATOR }
      fail(cluster, api, move)
      await transaction.init()
      await sendValues(transaction, topic, ['a'])
      await transaction.sendOffsets(offsets, group)
      await transaction.commit()
      expect(cluster.callsOf(api).map(({ node }) => node)).toEqual([1, 2])
      expect(cluster.partitions[0]!.values).toEqual(['a'])
    },
  )

  it.each([
    code.CONCURRENT_TRANSACTIONS,
    code.COORDINATOR_NOT_AVAILABLE,
    code.COORDINATOR_LOAD_IN_PROGRESS,
  ])('waits while init is answered %i', async (passing) => {
    const cluster = new ModelCluster([1], version)
    fail(cluster, 'InitProducerId', { code: passing }, 5)
    await begin(cluster)
    expect(cluster.callsOf('InitProducerId')).toHaveLength(6)
  })

  it.each([
    code.UNKNOWN_TOPIC_OR_PARTITION,
    code.LEADER_NOT_AVAILABLE,
    code.NOT_LEADER_OR_FOLLOWER,
    code.REQUEST_TIMED_OUT,
    code.NETWORK_EXCEPTION,
    code.NOT_ENOUGH_REPLICAS,
    code.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    code.FENCED_LEADER_EPOCH,
    code.UNKNOWN_LEADER_EPOCH,
    code.CONCURRENT_TRANSACTIONS,
    code.KAFKA_STORAGE_ERROR,
  ])('sends a batch again, byte for byte, after answer %i', async (passing) => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    fail(cluster, 'Produce', { code: passing }, 2)
    await sendValues(transaction, topic, ['a'])
    await transaction.commit()
    const sent = cluster
      .callsOf('Produce')
      .map(({ request }) => (request as ProduceRequest).batches[0]!.bytes)
    expect(sent).toHaveLength(3)
    expect(new Set(sent.map((bytes) => bytes.toString('hex'))).size).toBe(1)
    expect(cluster.partitions[0]!.values).toEqual(['a'])
  })

  it.each([
    [code.MESSAGE_TOO_LARGE, RecordTooLargeError],
    [code.RECORD_LIST_TOO_LARGE, RecordTooLargeError],
    [code.OUT_OF_ORDER_SEQUENCE_NUMBER, AbortableError],
    [code.DUPLICATE_SEQUENCE_NUMBER, AbortableError],
    [code.UNKNOWN_PRODUCER_ID, AbortableError],
    [code.INVALID_TXN_STATE, AbortableError],
    [code.TRANSACTION_ABORTABLE, AbortableError],
    [code.INVALID_RECORD, FatalBrokerError],
    [code.UNSUPPORTED_COMPRESSION_TYPE, FatalBrokerError],
    [-1, AbortableError],
  ])('can abort and go on after a batch was refused with %i', async (refusal, error) => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['before'])
    fail(cluster, 'Produce', { code: refusal })
    await expect(sendValues(transaction, topic, ['refused'])).rejects.toThrow(error)
    await expect(transaction.commit()).rejects.toThrow(AbortableError)
    await expect(sendValues(transaction, topic, ['more'])).rejects.toThrow(AbortableError)
    await transaction.abort()
    await sendValues(transaction, topic, ['after'])
    await transaction.commit()
    expect(cluster.partitions[0]!.values).toEqual(['after'])
  })

  it('aborts when the deadline passes without a leader that takes the batch', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster, soon)
    fail(cluster, 'Produce', { lost: 'before' }, always)
    await expect(sendValues(transaction, topic, ['a'])).rejects.toThrow(AbortableError)
    cluster.script = () => null
    await transaction.abort()
  })

  it('names a topic that does not exist', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster, soon)
    const sent = sendValues(transaction, 'unknown', ['a'])
    await expect(sent).rejects.toThrow(UnknownTopicError)
    await transaction.abort()
  })

  it.each([code.INVALID_PRODUCER_EPOCH, code.PRODUCER_FENCED, code.INVALID_PRODUCER_ID_MAPPING])(
    'is dead after %i',
    async (fenced) => {
      const cluster = new ModelCluster([1], version)
      const transaction = await begin(cluster)
      fail(cluster, 'Produce', { code: fenced })
      await expect(sendValues(transaction, topic, ['a'])).rejects.toThrow(FencedError)
      for (const call of [
        () => sendValues(transaction, topic, ['b']),
        () => transaction.sendOffsets(offsets, group),
        () => transaction.commit(),
        () => transaction.abort(),
        () => transaction.init(),
      ]) {
        await expect(call()).rejects.toThrow(FencedError)
      }
      await transaction.close()
    },
  )

  it.each(['send', 'sendOffsets', 'commit', 'abort'] as const)(
    'is told at %s that another process took its id',
    async (call) => {
      const cluster = new ModelCluster([1], version)
      const transaction = await begin(cluster)
      await sendValues(transaction, topic, ['zombie'])
      cluster.takeOver('id')
      cluster.takeOver('id')
      const calls = {
        send: () => sendValues(transaction, topic, ['b']),
        sendOffsets: () => transaction.sendOffsets(offsets, group),
        commit: () => transaction.commit(),
        abort: () => transaction.abort(),
      }
      await expect(calls[call]()).rejects.toThrow(FencedError)
      expect(cluster.partitions[0]!.values).toEqual([])
    },
  )

  it('sends offsets of a stale generation again with the next, in the same transaction', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'])
    cluster.group.generationId = 2
    await expect(transaction.sendOffsets(offsets, group)).rejects.toThrow(StaleGenerationError)
    await transaction.sendOffsets(offsets, { ...group, generationId: 2 })
    await transaction.commit()
    expect(cluster.partitions[0]!.values).toEqual(['a'])
    expect(cluster.committed.get('t/0')).toBe(9)
  })

  it.each([
    [code.REBALANCE_IN_PROGRESS, StaleGenerationError],
    [code.UNKNOWN_MEMBER_ID, FencedError],
    [code.FENCED_INSTANCE_ID, FencedError],
    [code.OFFSET_METADATA_TOO_LARGE, RangeError],
    [code.INVALID_COMMIT_OFFSET_SIZE, RangeError],
    [code.TRANSACTION_ABORTABLE, AbortableError],
  ])('classes answer %i to offsets', async (refusal, error) => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    fail(cluster, 'TxnOffsetCommit', { code: refusal })
    await expect(transaction.sendOffsets(offsets, group)).rejects.toThrow(error)
  })

  it.each([
    ['InitProducerId', code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, /Write on TransactionalId id/],
    ['Produce', code.TOPIC_AUTHORIZATION_FAILED, /Write on Topic t/],
    ['TxnOffsetCommit', code.GROUP_AUTHORIZATION_FAILED, /Read on Group group/],
    ['TxnOffsetCommit', code.TOPIC_AUTHORIZATION_FAILED, /Read on Topic t/],
  ])('names the ACL that %s lacks', async (api, denied, message) => {
    const cluster = new ModelCluster([1], version)
    const transaction = new KafkaTransaction(cluster, 'id')
    fail(cluster, api, { code: denied })
    const calls = async (): Promise<void> => {
      await transaction.init()
      await sendValues(transaction, topic, ['a'])
      await transaction.sendOffsets(offsets, group)
    }
    const error = await calls().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(FatalBrokerError)
    expect((error as Error).message).toMatch(message)
  })

  it('allows only init after a commit without an answer', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster, soon)
    await sendValues(transaction, topic, ['a'])
    fail(cluster, 'EndTxn', { lost: 'after' }, always)
    await expect(transaction.commit()).rejects.toThrow(UnknownOutcomeError)
    cluster.script = () => null
    for (const call of [
      () => sendValues(transaction, topic, ['b']),
      () => transaction.commit(),
      () => transaction.abort(),
    ]) {
      await expect(call()).rejects.toThrow(UnknownOutcomeError)
    }
    await transaction.init()
    await sendValues(transaction, topic, ['c'])
    await transaction.commit()
    expect(cluster.partitions[0]!.values).toEqual(['a', 'c'])
  })

  it('repeats a verdict that was answered by another broker', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'])
    fail(cluster, 'EndTxn', { code: code.NOT_COORDINATOR }, 3)
    await transaction.commit()
    expect(cluster.partitions[0]!.values).toEqual(['a'])
  })

  it('must be initialised first, and not be closed', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = new KafkaTransaction(cluster, 'id')
    await expect(sendValues(transaction, topic, ['a'])).rejects.toThrow(FatalBrokerError)
    await transaction.init()
    await transaction.close()
    await transaction.close()
    await expect(sendValues(transaction, topic, ['a'])).rejects.toThrow(FatalBrokerError)
    await expect(transaction.init()).rejects.toThrow(FatalBrokerError)
  })

  it('needs another init after one that failed', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster, soon)
    fail(cluster, 'InitProducerId', { lost: 'after' }, always)
    await expect(transaction.init()).rejects.toThrow(RetriableError)
    await expect(sendValues(transaction, topic, ['a'])).rejects.toThrow(FatalBrokerError)
    cluster.script = () => null
    await transaction.init()
    await sendValues(transaction, topic, ['a'])
  })

  it('aborts what is open when it is closed', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'])
    await transaction.close()
    const ends = cluster.callsOf('EndTxn').map(({ request }) => request as EndTxnRequest)
    expect(ends.map(({ isCommit }) => isCommit)).toEqual([false])
  })

  it('runs calls in the order made: a commit waits for the batches before it', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    const sent = ['a', 'b', 'c'].map((value) => sendValues(transaction, topic, [value]))
    await transaction.commit()
    await Promise.all(sent)
    expect(cluster.partitions[0]!.values).toEqual(['a', 'b', 'c'])
  })

  it('refuses an empty batch before anything is sent', async () => {
    const cluster = new ModelCluster([1], version)
    const transaction = await begin(cluster)
    const records = [valuesBatch('a'), valuesBatch()]
    const sent = transaction.send(records.map((each) => ({ topic, partition: 0, records: each })))
    await expect(sent).rejects.toThrow(RangeError)
    expect(cluster.callsOf('Produce')).toEqual([])
  })
})

describe('a transaction of version 2 (KIP-890)', () => {
  it('repeats an unanswered end until it is answered', async () => {
    const cluster = new ModelCluster([1])
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'])
    fail(cluster, 'EndTxn', { lost: 'after' }, 3)
    await transaction.commit()
    await sendValues(transaction, topic, ['b'])
    fail(cluster, 'EndTxn', { lost: 'before' }, 3)
    await transaction.commit()
    expect(cluster.partitions[0]!.values).toEqual(['a', 'b'])
  })

  it('does not know the outcome when it is fenced at the repeat', async () => {
    const cluster = new ModelCluster([1])
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'])
    let ends = 0
    cluster.script = ({ api }) => {
      if (api !== 'EndTxn') return null
      return ends++ === 0 ? { lost: 'after' } : { first: () => cluster.takeOver('id') }
    }
    await expect(transaction.commit()).rejects.toThrow(UnknownOutcomeError)
    expect(cluster.partitions[0]!.values).toEqual(['a'])
  })

  it('adds nothing to the transaction by itself', async () => {
    const cluster = new ModelCluster([1])
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'])
    await transaction.sendOffsets(offsets, group)
    await transaction.commit()
    expect(cluster.calls.map(({ api, version }) => `${api} ${version}`)).toEqual([
      'InitProducerId 4',
      'Produce 12',
      'TxnOffsetCommit 5',
      'EndTxn 5',
    ])
  })

  it('is fenced when the broker has aborted it for its age', async () => {
    const cluster = new ModelCluster([1])
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'])
    cluster.takeOver('id')
    await expect(transaction.commit()).rejects.toThrow(FencedError)
  })
})

describe('a transaction below version 2', () => {
  it('adds each partition and group once', async () => {
    const cluster = new ModelCluster([1, 1], 1)
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'], 0)
    await sendValues(transaction, topic, ['b'], 0)
    await sendValues(transaction, topic, ['c'], 1)
    await transaction.sendOffsets(offsets, group)
    await transaction.sendOffsets(offsets, group)
    await transaction.commit()
    expect(cluster.calls.map(({ api, version }) => `${api} ${version}`)).toEqual([
      'InitProducerId 4',
      'AddPartitionsToTxn 3',
      'Produce 9',
      'Produce 9',
      'AddPartitionsToTxn 3',
      'Produce 9',
      'AddOffsetsToTxn 3',
      'TxnOffsetCommit 3',
      'TxnOffsetCommit 3',
      'EndTxn 3',
    ])
  })

  it('waits with AddPartitionsToTxn until the last transaction has its markers', async () => {
    const cluster = new ModelCluster([1], 0)
    const transaction = await begin(cluster)
    fail(cluster, 'AddPartitionsToTxn', { code: code.CONCURRENT_TRANSACTIONS }, 4)
    await sendValues(transaction, topic, ['a'])
    await transaction.commit()
    expect(cluster.partitions[0]!.values).toEqual(['a'])
  })

  it('never repeats an unanswered end', async () => {
    const cluster = new ModelCluster([1], 0)
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'])
    fail(cluster, 'EndTxn', { lost: 'after' }, always)
    await expect(transaction.commit()).rejects.toThrow(UnknownOutcomeError)
    expect(cluster.callsOf('EndTxn')).toHaveLength(1)
  })

  it('does not let late offsets replace those of the next transaction', async () => {
    const cluster = new ModelCluster([1], 0)
    const transaction = await begin(cluster)
    fail(cluster, 'TxnOffsetCommit', { lost: 'late' })
    await expect(transaction.sendOffsets(offsets, group)).rejects.toThrow(AbortableError)
    await transaction.abort()
    await transaction.sendOffsets([{ ...offsets[0]!, offset: 12 }], group)
    await sendValues(transaction, topic, ['a'])
    await sendValues(transaction, topic, ['b'])
    await transaction.commit()
    expect(cluster.committed).toEqual(new Map([['t/0', 12]]))
  })

  it('writes under a new epoch after the abort of what had failed', async () => {
    const cluster = new ModelCluster([1], 0)
    const transaction = await begin(cluster)
    await sendValues(transaction, topic, ['a'])
    fail(cluster, 'Produce', { code: code.MESSAGE_TOO_LARGE })
    await expect(sendValues(transaction, topic, ['b'])).rejects.toThrow(RecordTooLargeError)
    await transaction.abort()
    expect(cluster.callsOf('InitProducerId')).toHaveLength(2)
    await sendValues(transaction, topic, ['c'])
    await transaction.commit()
    expect(cluster.partitions[0]!.values).toEqual(['c'])
  })

  it('aborts what never began', async () => {
    const cluster = new ModelCluster([1], 0)
    const transaction = await begin(cluster, soon)
    fail(cluster, 'AddPartitionsToTxn', { code: code.CONCURRENT_TRANSACTIONS }, always)
    await expect(sendValues(transaction, topic, ['a'])).rejects.toThrow(AbortableError)
    cluster.script = () => null
    await transaction.abort()
    await sendValues(transaction, topic, ['b'])
    await transaction.commit()
    expect(cluster.partitions[0]!.values).toEqual(['b'])
  })
})
