import { afterAll, beforeAll, expect, it } from 'vitest'
import { TopicExistsError, UnknownTopicError } from '../../broker/errors.ts'
import type { KafkaBroker } from '../../broker/kafka/kafka-broker.ts'
import { sendValues, uniqueName } from '../support/broker-records.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { connectPlain } from '../support/kafka/plain-client.ts'
import { startKafkaCluster, type RunningCluster } from '../support/kafka/start-kafka-cluster.ts'

const partitions = [0, 1, 2, 3, 4, 5]

await describeKafka('topics and offsets on three brokers', () => {
  let cluster: RunningCluster
  let broker: KafkaBroker
  beforeAll(async () => {
    cluster = await startKafkaCluster()
    broker = await connectPlain(cluster.bootstrapServers)
  }, 120_000)
  afterAll(async () => {
    await broker.close()
    await cluster.dispose()
  })

  const createTopic = async (): Promise<string> => {
    const topic = uniqueName('administered')
    await broker.createTopics([{ name: topic, partitions: partitions.length }])
    const producer = broker.producer()
    for (const partition of partitions) await sendValues(producer, topic, ['a', 'b'], partition)
    await producer.close()
    return topic
  }
  const ends = async (client: KafkaBroker, topic: string): Promise<number[]> => {
    const asked = partitions.map((partition) => ({ topic, partition }))
    return (await client.listOffsets(asked, 'latest')).map(({ offset }) => offset)
  }

  it('are known to every broker once a call has returned', async () => {
    const others = await Promise.all(
      cluster.bootstrapServers.split(',').map((server) => connectPlain(server)),
    )
    const topic = await createTopic()
    for (const other of others) {
      expect(await other.describeTopics([topic])).toHaveLength(1)
      await expect(other.createTopics([{ name: topic, partitions: 1 }])).rejects.toThrow(
        TopicExistsError,
      )
    }
    await broker.deleteTopics([topic])
    for (const other of others) {
      expect(await other.describeTopics([topic])).toEqual([])
      await expect(ends(other, topic)).rejects.toThrow(UnknownTopicError)
    }
    for (const other of others) await other.close()
  })

  it.each(['killed', 'frozen'] as const)(
    'are answered for and changed when a broker is %s',
    async (fate) => {
      const topic = await createTopic()
      expect(await ends(broker, topic)).toEqual([2, 2, 2, 2, 2, 2])
      const [{ leader: id }] = (await cluster.tool.leaders(topic)) as unknown as [
        { leader: number },
      ]
      const node = cluster.node(id)
      if (fate === 'killed') await node.kill()
      else await node.pause()
      expect(await ends(broker, topic)).toEqual([2, 2, 2, 2, 2, 2])
      const next = await createTopic()
      expect(await broker.describeTopics([topic, next])).toHaveLength(2)
      await broker.deleteRecords(partitions.map((partition) => ({ topic, partition, offset: 1 })))
      if (fate === 'killed') await node.start()
      else await node.resume()
      await cluster.untilInSync([topic, next])
      await broker.deleteTopics([topic, next])
      expect(await broker.describeTopics([topic, next])).toEqual([])
    },
    180_000,
  )
})
