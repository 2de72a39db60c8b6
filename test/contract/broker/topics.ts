import { describe, expect, it } from 'vitest'
import { InvalidTopicError, TopicExistsError, UnknownTopicError } from '../../../broker/errors.ts'
import { eventually, readValues, sendValues, uniqueName } from '../../support/broker-records.ts'
import type { SharedBroker } from './harness.ts'

export function topicCases(shared: SharedBroker): void {
  describe('topics', () => {
    it('describes a topic as it was created', async () => {
      const { broker } = shared()
      const name = uniqueName('topic')
      const config = {
        cleanupPolicy: 'compact,delete',
        retentionMs: 3_600_000,
        timestampType: 'log-append-time',
        maxMessageBytes: 200_000,
      } as const
      await broker.createTopics([{ name, partitions: 3, config }])
      const described = await broker.describeTopics([name, uniqueName('absent')])
      expect(described).toEqual([
        {
          name,
          partitions: 3,
          topicId: expect.stringMatching(/.+/) as string,
          config: { ...config, retentionBytes: -1 },
        },
      ])
    })

    it('lists a topic among all of them', async () => {
      const { broker } = shared()
      const name = uniqueName('topic')
      await broker.createTopics([{ name, partitions: 1 }])
      expect((await broker.describeTopics()).map((topic) => topic.name)).toContain(name)
    })

    it('creates nothing when one of the topics exists', async () => {
      const { broker } = shared()
      const [known, unknown] = [uniqueName('known'), uniqueName('unknown')]
      await broker.createTopics([{ name: known, partitions: 1 }])
      await expect(
        broker.createTopics([
          { name: unknown, partitions: 1 },
          { name: known, partitions: 1 },
        ]),
      ).rejects.toThrow(TopicExistsError)
      expect(await broker.describeTopics([unknown])).toEqual([])
    })

    it.each(['', '.', '..', 'a b', 'ä', 'a/b', 'a'.repeat(250)])(
      'refuses %j as a name',
      async (name) => {
        const created = shared().broker.createTopics([{ name, partitions: 1 }])
        await expect(created).rejects.toThrow(InvalidTopicError)
      },
    )

    it('refuses a topic without partitions', async () => {
      const created = shared().broker.createTopics([{ name: uniqueName('topic'), partitions: 0 }])
      await expect(created).rejects.toThrow(InvalidTopicError)
    })

    it('refuses records for a topic or partition that does not exist', async () => {
      const { broker } = shared()
      const name = uniqueName('topic')
      await broker.createTopics([{ name, partitions: 1 }])
      const producer = broker.producer()
      await expect(sendValues(producer, name, ['v'], 1)).rejects.toThrow(UnknownTopicError)
      await expect(sendValues(producer, uniqueName('absent'), ['v'])).rejects.toThrow(
        UnknownTopicError,
      )
      await producer.close()
    })

    it('gives a deleted and recreated topic another id and none of the old records', async () => {
      const { broker } = shared()
      const name = uniqueName('topic')
      await broker.createTopics([{ name, partitions: 1 }])
      const producer = broker.producer()
      await sendValues(producer, name, ['old'])
      const [before] = await broker.describeTopics([name])
      await broker.deleteTopics([name])
      await eventually(async () => (await broker.describeTopics([name])).length === 0)
      await expect(broker.deleteTopics([name])).rejects.toThrow(UnknownTopicError)
      await broker.createTopics([{ name, partitions: 1 }])
      const [after] = await broker.describeTopics([name])
      expect(after!.topicId).not.toBe(before!.topicId)
      const next = broker.producer()
      await sendValues(next, name, ['new'])
      expect(await readValues(broker, name)).toEqual(['new'])
      await producer.close()
      await next.close()
    })
  })
}
