import { describe, expect, it } from 'vitest'
import {
  FatalBrokerError,
  FencedError,
  GroupNotEmptyError,
  StaleGenerationError,
  UnknownTopicError,
} from '../../../../broker/errors.ts'
import { errorCodes } from '../../../../broker/kafka/error-codes.ts'
import { KafkaGroupAdmin } from '../../../../broker/kafka/group/kafka-group-admin.ts'
import { MemberUnderTest } from './member-under-test.ts'

const OFFSETS = [{ topic: 'topic', partition: 0, offset: 7, metadata: '' }]

describe('a Kafka group that a broker refuses', () => {
  it.each([
    ['INVALID_SESSION_TIMEOUT', /10000 ms is outside.*group\.min\.session\.timeout\.ms/],
    ['INCONSISTENT_GROUP_PROTOCOL', /programs of another kind/],
    ['INVALID_GROUP_ID', /not valid/],
    ['GROUP_AUTHORIZATION_FAILED', /Read on Group group/],
    ['GROUP_MAX_SIZE_REACHED', /group\.max\.size/],
  ] as const)('says what to do about %s', async (code, message) => {
    const member = new MemberUnderTest()
    member.coordinator.script('JoinGroup', errorCodes[code])
    const joining = member.group.join()
    await expect(joining).rejects.toThrow(FatalBrokerError)
    await expect(joining).rejects.toThrow(message)
    expect(member.events).toEqual([])
    await member.group.leave()
  })

  it('keeps trying to join while coordinators come and go', async () => {
    const member = new MemberUnderTest()
    member.coordinator.script('JoinGroup', 15, 14, 'lost', 79, 16, 'silence')
    const joining = member.group.join()
    await member.clock.advance(200_000)
    await joining
    expect(member.events).toEqual(['assigned subscribed in 1'])
    await member.group.leave()
  })

  it('throws what a callback threw, and leaves', async () => {
    const member = new MemberUnderTest({
      onAssigned: () => Promise.reject(new Error('cannot start')),
    })
    await expect(member.group.join()).rejects.toThrow('cannot start')
    await member.group.leave()
    expect(member.coordinator.requests('LeaveGroup')).toHaveLength(1)
  })
})

describe('offsets of a Kafka group', () => {
  it.each([
    ['ILLEGAL_GENERATION', StaleGenerationError],
    ['UNKNOWN_MEMBER_ID', FencedError],
    ['FENCED_INSTANCE_ID', FencedError],
    ['UNKNOWN_TOPIC_OR_PARTITION', UnknownTopicError],
    ['OFFSET_METADATA_TOO_LARGE', FatalBrokerError],
  ] as const)('are not committed after %s', async (code, type) => {
    const member = await MemberUnderTest.joined()
    member.coordinator.script('OffsetCommit', errorCodes[code])
    await expect(member.group.commit(OFFSETS)).rejects.toThrow(type)
    await member.group.leave()
  })

  it('are committed once the assignment is there', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.script('OffsetCommit', 27, 16, 27)
    const committing = member.group.commit(OFFSETS)
    await member.clock.advance(1000)
    await committing
    expect(member.coordinator.requests('OffsetCommit').at(-1)?.request).toMatchObject({
      generationId: 1,
      memberId: 'm1',
    })
    await member.group.leave()
  })

  it('are stale when the next generation begins before that', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.scriptAll('OffsetCommit', 27)
    const committing = member.group.commit(OFFSETS)
    member.group.rejoin()
    await Promise.all([
      expect(committing).rejects.toThrow(StaleGenerationError),
      member.clock.advance(1000),
    ])
    await member.group.leave()
  })

  it('are asked for until no transaction is open over them', async () => {
    const member = await MemberUnderTest.joined()
    const at = { topic: 'topic', partition: 0 }
    const none = { topic: 'topic', partition: 1, offset: -1, metadata: '', errorCode: 0 }
    const unknown = { topic: 'gone', partition: 0, offset: -1, metadata: '', errorCode: 3 }
    const fetched = (errorCode: number): object => ({
      errorCode: 0,
      offsets: [{ ...at, offset: 5, metadata: 'm', errorCode }, none, unknown],
    })
    member.coordinator.script('OffsetFetch', fetched(88), fetched(88), fetched(0))
    const committed = member.group.committed([at, none, unknown])
    await member.clock.advance(1000)
    expect(await committed).toEqual([{ ...at, offset: 5, metadata: 'm' }])
    await member.group.leave()
  })

  it.each(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'] as const)(
    'are not altered by an administrator after %s: the group has members',
    async (code) => {
      const { coordinator } = new MemberUnderTest()
      coordinator.script('OffsetCommit', errorCodes[code])
      const admin = new KafkaGroupAdmin(coordinator, 'group')
      await expect(admin.alterOffsets(OFFSETS)).rejects.toThrow(GroupNotEmptyError)
    },
  )

  it.each([
    ['NON_EMPTY_GROUP', 'group'],
    ['GROUP_SUBSCRIBED_TO_TOPIC', 'partition'],
  ] as const)('are not deleted after %s, said of the %s', async (code, of) => {
    const { coordinator } = new MemberUnderTest()
    const errorCode = errorCodes[code]
    const partitions = of === 'partition' ? [{ ...OFFSETS[0], errorCode }] : []
    coordinator.script('OffsetDelete', { errorCode: of === 'group' ? errorCode : 0, partitions })
    const admin = new KafkaGroupAdmin(coordinator, 'group')
    await expect(admin.deleteOffsets(OFFSETS)).rejects.toThrow(GroupNotEmptyError)
  })
})
