import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { FatalBrokerError } from '../../broker/errors.ts'
import { KafkaBroker } from '../../broker/kafka/kafka-broker.ts'
import { eventually, readValues, sendValues, uniqueName } from '../support/broker-records.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { ClusterTool } from '../support/kafka/cluster-tool.ts'
import {
  plainUsers,
  startSecureKafka,
  type SecureKafka,
} from '../support/kafka/start-secure-kafka.ts'
import { MemberProbe } from '../support/member-probe.ts'

/** Each case grants what is needed but one operation, and looks whether that one is named. */
await describeKafka('access control', () => {
  let secure: SecureKafka
  let tool: ClusterTool
  let limited: KafkaBroker
  beforeAll(async () => {
    secure = await startSecureKafka()
    tool = new ClusterTool(secure.kafka.bootstrapServers)
    limited = await KafkaBroker.connect({
      bootstrapServers: [secure.kafka.address('SASL_SSL')],
      clientId: 'limited',
      security: {
        protocol: 'SASL_SSL',
        sasl: { mechanism: 'PLAIN', username: 'limited', password: plainUsers.limited },
        ssl: { ca: secure.certificates.authority },
      },
      clock: systemClock,
    })
  }, 120_000)
  afterAll(async () => {
    await limited.close()
    await secure.dispose()
  })

  const createTopic = async (...operations: string[]): Promise<string> => {
    const topic = uniqueName('limited')
    await tool.createTopic(topic, 1, 1)
    await allow(...operations.map((operation) => `TOPIC:${topic}:${operation}`))
    return topic
  }
  const allow = async (...rules: string[]): Promise<void> => {
    if (rules.length > 0) await tool.allow('User:limited', rules)
  }
  const expectDenied = async (call: Promise<unknown>, ...words: string[]): Promise<void> => {
    const error: unknown = await call.then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(FatalBrokerError)
    for (const word of words) expect((error as Error).message).toContain(word)
  }

  it('lets a principal do what its ACLs allow', async () => {
    const topic = await createTopic('READ', 'WRITE')
    const [groupId, transactionalId] = [uniqueName('group'), uniqueName('tx')]
    await allow(
      `GROUP:${groupId}:READ`,
      `TRANSACTIONAL_ID:${transactionalId}:WRITE`,
      `TRANSACTIONAL_ID:${transactionalId}:DESCRIBE`,
    )
    const member = new MemberProbe(limited, { groupId })
    await member.group.join()
    const transaction = limited.transaction(transactionalId)
    await transaction.init()
    await sendValues(transaction, topic, ['allowed'])
    const offsets = [{ topic, partition: 0, offset: 1, metadata: '' }]
    await transaction.sendOffsets(offsets, member.group.metadata()!)
    await transaction.commit()
    expect(await member.group.committed([{ topic, partition: 0 }])).toEqual(offsets)
    await eventually(async () => (await readValues(limited, topic)).length > 0)
    expect(await readValues(limited, topic)).toEqual(['allowed'])
    await transaction.close()
    await member.group.leave()
  })

  it('names the topic that may not be written', async () => {
    const topic = await createTopic('READ')
    const producer = limited.producer()
    await expectDenied(sendValues(producer, topic, ['v']), 'Write', topic, 'ACL')
    await producer.close()
  })

  it('names the topic that may not be written in a transaction', async () => {
    const topic = await createTopic('READ')
    const transactionalId = uniqueName('tx')
    await allow(`TRANSACTIONAL_ID:${transactionalId}:WRITE`)
    const transaction = limited.transaction(transactionalId)
    await transaction.init()
    await expectDenied(sendValues(transaction, topic, ['v']), 'Write', topic, 'ACL')
    await transaction.close()
  })

  it('names the topic that may not be read', async () => {
    const topic = await createTopic('WRITE')
    const fetcher = limited.fetcher()
    fetcher.assign([{ topic, partition: 0, offset: 0 }])
    const reading = (async () => {
      for (;;) await fetcher.poll(1000)
    })()
    await expectDenied(reading, 'Read', topic, 'ACL')
    await fetcher.close()
  })

  it('names the topic that may not even be described', async () => {
    const topic = await createTopic()
    const at = [{ topic, partition: 0 }]
    await expectDenied(limited.listOffsets(at, 'latest'), topic, 'ACL')
  })

  it('names the topic that may not be created', async () => {
    const topic = uniqueName('limited')
    const created = limited.createTopics([{ name: topic, partitions: 1 }])
    await expectDenied(created, topic, 'ACL')
  })

  it('names the group that may not be joined', async () => {
    const groupId = uniqueName('group')
    const member = new MemberProbe(limited, { groupId })
    await expectDenied(member.group.join(), 'Read', groupId, 'ACL')
  })

  it('names the transactional id that may not be used', async () => {
    const transactionalId = uniqueName('tx')
    const transaction = limited.transaction(transactionalId)
    await expectDenied(transaction.init(), 'Write', transactionalId, 'ACL')
    await transaction.close()
  })

  it('names the group whose offsets may not be committed', async () => {
    const topic = await createTopic('READ', 'WRITE')
    const transactionalId = uniqueName('tx')
    await allow(`TRANSACTIONAL_ID:${transactionalId}:WRITE`)
    const transaction = limited.transaction(transactionalId)
    await transaction.init()
    const groupId = uniqueName('group')
    const offsets = [{ topic, partition: 0, offset: 1, metadata: '' }]
    const nobody = { groupId, generationId: -1, memberId: '' }
    await expectDenied(transaction.sendOffsets(offsets, nobody), 'Read', groupId, 'ACL')
    await transaction.close()
  })
})
