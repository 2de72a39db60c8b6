import { describe, expect, it } from 'vitest'
import {
  FatalBrokerError,
  RecordTooLargeError,
  RetriableError,
  UnknownOutcomeError,
  UnknownTopicError,
  type BrokerError,
} from '../../../../broker/errors.ts'
import { errorCodes as code } from '../../../../broker/kafka/error-codes.ts'
import { KafkaProducer } from '../../../../broker/kafka/produce/kafka-producer.ts'
import type { ProduceRequest } from '../../../../broker/kafka/wire/produce.ts'
import { sendValues, valuesBatch } from '../../../support/broker-records.ts'
import { ModelCluster } from '../../../support/model-cluster.ts'

const topic = 't'
const soon = { deliveryTimeoutMs: 20 }

describe('the idempotent producer on Kafka', () => {
  it('keeps the order of sends that were not awaited, through lost answers', async () => {
    const cluster = new ModelCluster([1])
    let calls = 0
    cluster.script = ({ api }) =>
      api === 'Produce' && ++calls % 3 === 0 ? { lost: calls % 2 === 0 ? 'before' : 'after' } : null
    const producer = new KafkaProducer(cluster)
    const values = Array.from({ length: 20 }, (_, i) => `v${i}`)
    await Promise.all(values.map((value) => sendValues(producer, topic, [value])))
    expect(cluster.partitions[0]!.values).toEqual(values)
  })

  it('has one batch a partition under way, and the partitions of a leader in one request', async () => {
    const cluster = new ModelCluster([1, 1])
    const producer = new KafkaProducer(cluster)
    await Promise.all(
      [0, 1, 0, 1].map((partition) => sendValues(producer, topic, ['v'], partition)),
    )
    const sent = cluster
      .callsOf('Produce')
      .map(({ request }) => (request as ProduceRequest).batches.map(({ partition }) => partition))
    expect(sent).toEqual([
      [0, 1],
      [0, 1],
    ])
  })

  it('writes everything under one producer id', async () => {
    const cluster = new ModelCluster([1, 2])
    const producer = new KafkaProducer(cluster)
    await Promise.all([0, 1].map((partition) => sendValues(producer, topic, ['v'], partition)))
    expect(cluster.callsOf('InitProducerId')).toHaveLength(1)
  })

  it.each<[number, new (message: string) => BrokerError]>([
    [code.MESSAGE_TOO_LARGE, RecordTooLargeError],
    [code.INVALID_RECORD, FatalBrokerError],
    [code.TOPIC_AUTHORIZATION_FAILED, FatalBrokerError],
    [code.OUT_OF_ORDER_SEQUENCE_NUMBER, RetriableError],
    [code.UNKNOWN_PRODUCER_ID, RetriableError],
    [code.INVALID_PRODUCER_EPOCH, RetriableError],
    [code.DUPLICATE_SEQUENCE_NUMBER, UnknownOutcomeError],
    [-1, UnknownOutcomeError],
  ])('goes on under a fresh producer id after %i', async (refusal, error) => {
    const cluster = new ModelCluster([1])
    const producer = new KafkaProducer(cluster)
    await sendValues(producer, topic, ['before'])
    cluster.script = ({ api }) => (api === 'Produce' ? { code: refusal } : null)
    await expect(sendValues(producer, topic, ['refused'])).rejects.toThrow(error)
    cluster.script = () => null
    await sendValues(producer, topic, ['after'])
    expect(cluster.callsOf('InitProducerId')).toHaveLength(2)
    expect(cluster.partitions[0]!.values).toEqual(['before', 'after'])
  })

  it('says that a batch was not taken when every leader refused it in time', async () => {
    const cluster = new ModelCluster([1])
    cluster.script = ({ api }) => (api === 'Produce' ? { code: code.NOT_ENOUGH_REPLICAS } : null)
    const sent = sendValues(new KafkaProducer(cluster, soon), topic, ['v'])
    await expect(sent).rejects.toThrow(RetriableError)
  })

  it('does not know whether a leader that lost its place had the batch', async () => {
    const cluster = new ModelCluster([1])
    cluster.script = ({ api }) => (api === 'Produce' ? { code: code.NOT_LEADER_OR_FOLLOWER } : null)
    const sent = sendValues(new KafkaProducer(cluster, soon), topic, ['v'])
    await expect(sent).rejects.toThrow(UnknownOutcomeError)
  })

  it('fails the batch of one partition, not that of another', async () => {
    const cluster = new ModelCluster([1, 1])
    cluster.script = ({ api }) =>
      api === 'Produce' ? { code: code.MESSAGE_TOO_LARGE, partition: 0 } : null
    const producer = new KafkaProducer(cluster)
    const sent = producer.send(
      [0, 1].map((partition) => ({ topic, partition, records: valuesBatch('v') })),
    )
    await expect(sent).rejects.toThrow(RecordTooLargeError)
    expect(cluster.partitions.map(({ values }) => values)).toEqual([[], ['v']])
  })

  it('names a topic that does not exist', async () => {
    const sent = sendValues(new KafkaProducer(new ModelCluster([1]), soon), 'unknown', ['v'])
    await expect(sent).rejects.toThrow(UnknownTopicError)
  })

  it('names the ACL that it lacks', async () => {
    const cluster = new ModelCluster([1])
    cluster.script = () => ({ code: code.CLUSTER_AUTHORIZATION_FAILED })
    const sent = sendValues(new KafkaProducer(cluster), topic, ['v'])
    await expect(sent).rejects.toThrow(/IdempotentWrite on Cluster/)
  })

  it('waits for what is under way when it is closed, and takes no more', async () => {
    const cluster = new ModelCluster([1])
    const producer = new KafkaProducer(cluster)
    const sent = sendValues(producer, topic, ['v'])
    await producer.close()
    expect(cluster.partitions[0]!.values).toEqual(['v'])
    await sent
    await expect(sendValues(producer, topic, ['w'])).rejects.toThrow(FatalBrokerError)
  })
})
