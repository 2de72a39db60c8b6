import { afterAll, beforeAll, expect, it } from 'vitest'
import { batchOf, uniqueName } from '../support/broker-records.ts'
import { ClusterTool } from '../support/kafka/cluster-tool.ts'
import { startJavaKafka, type JavaKafka } from '../support/kafka/java-kafka.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { connectPlain } from '../support/kafka/plain-client.ts'
import { readCommitted } from '../support/kafka/topic-reader.ts'

await describeKafka('a broker of the tests', () => {
  let kafka: JavaKafka
  beforeAll(async () => {
    kafka = await startJavaKafka()
  }, 120_000)
  afterAll(async () => {
    await kafka.dispose()
  })

  it('keeps what it acknowledged through kill -9, and is read by the independent reader', async () => {
    const broker = await connectPlain(kafka.bootstrapServers)
    const topics = [uniqueName('kept'), uniqueName('empty')]
    await broker.createTopics(topics.map((name) => ({ name, partitions: 2 })))
    const producer = broker.producer()
    const headers = [
      { key: 'h', value: Buffer.from('v') },
      { key: 'n', value: null },
    ]
    const records = batchOf([{ key: null, value: '', timestampMs: 7, headers }])
    await producer.send([{ topic: topics[0]!, partition: 1, records }])
    const transaction = broker.transaction(uniqueName('tx'))
    await transaction.init()
    await transaction.send([{ topic: topics[0]!, partition: 0, records: batchOf([{}]) }])
    await transaction.abort()
    const groupId = uniqueName('group')
    const offsets = [{ topic: topics[0]!, partition: 1, offset: 5, metadata: 'tab\tand ä' }]
    await broker.groupAdmin(groupId).alterOffsets(offsets)
    await broker.close()
    await kafka.kill()
    await kafka.start()
    expect(await readCommitted(kafka.bootstrapServers, topics)).toEqual([
      {
        topic: topics[0],
        partition: 1,
        offset: 0,
        timestampMs: 7,
        key: null,
        value: Buffer.alloc(0),
        headers: [
          ['h', Buffer.from('v')],
          ['n', null],
        ],
      },
    ])
    const tool = new ClusterTool(kafka.bootstrapServers)
    expect(await tool.groupOffsets(groupId)).toEqual(offsets)
    expect(await tool.leaders(topics[1]!)).toEqual([
      { leader: 1, inSync: 1 },
      { leader: 1, inSync: 1 },
    ])
  }, 60_000)
})
