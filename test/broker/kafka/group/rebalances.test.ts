import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../../../broker/kafka/error-codes.ts'
import { HEARTBEAT_INTERVAL_MS, MemberUnderTest, SESSION_TIMEOUT_MS } from './member-under-test.ts'

const { ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS } = errorCodes

describe('a member of a Kafka group', () => {
  it('joins with the id that the coordinator gives it', async () => {
    const { coordinator, events, group } = await MemberUnderTest.joined()
    expect(coordinator.requests('JoinGroup').map(({ request }) => request['memberId'])).toEqual([
      '',
      'm1',
    ])
    expect(events).toEqual(['assigned subscribed in 1'])
    expect(group.metadata()).toEqual({ groupId: 'group', generationId: 1, memberId: 'm1' })
    await group.leave()
  })

  it('joins again when a heartbeat says so, publishing anew', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.script('Heartbeat', REBALANCE_IN_PROGRESS)
    member.subscription = 'published later'
    await member.beat()
    expect(member.events).toEqual(['assigned subscribed in 1', 'assigned published later in 2'])
    await member.group.leave()
  })

  it('keeps its generation through a join, and has the next before its assignment', async () => {
    const member = await MemberUnderTest.joined()
    const { group } = member
    const answerJoin = member.hold('JoinGroup')
    const answerSync = member.hold('SyncGroup')
    group.rejoin()
    await member.clock.advance(SESSION_TIMEOUT_MS)
    const first = group.metadata()!
    expect(first.generationId).toBe(1)
    const next = group.nextGeneration(first)
    await answerJoin()
    expect(group.metadata()?.generationId).toBe(2)
    expect(await next).toBe(group.metadata())
    expect(member.events).toHaveLength(1)
    await answerSync()
    expect(member.events).toHaveLength(2)
    await group.leave()
  })

  it('is not lost by an answer to its former generation while it joins', async () => {
    const member = await MemberUnderTest.joined()
    const answerJoin = member.hold('JoinGroup')
    member.group.rejoin()
    member.coordinator.script('Heartbeat', REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION)
    await member.clock.advance(2 * HEARTBEAT_INTERVAL_MS)
    await answerJoin()
    await member.clock.advance(SESSION_TIMEOUT_MS)
    expect(member.events).toEqual(['assigned subscribed in 1', 'assigned subscribed in 2'])
    await member.group.leave()
  })

  it('joins again when a rebalance comes between join and assignment', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.script('SyncGroup', REBALANCE_IN_PROGRESS)
    member.group.rejoin()
    await member.clock.advance(0)
    expect(member.events).toEqual(['assigned subscribed in 1', 'assigned subscribed in 3'])
    await member.group.leave()
  })

  it('enters the next round only when the callback of the last returned', async () => {
    const member = await MemberUnderTest.joined()
    const finish = member.stall()
    member.group.rejoin()
    await member.clock.advance(0)
    member.coordinator.script('Heartbeat', REBALANCE_IN_PROGRESS)
    await member.beat()
    expect(member.coordinator.requests('JoinGroup')).toHaveLength(3)
    await finish()
    expect(member.coordinator.requests('JoinGroup')).toHaveLength(4)
    await member.group.leave()
  })

  it('publishes something new in a round that it asked for, and its like otherwise', async () => {
    const member = await MemberUnderTest.joined()
    member.group.rejoin()
    await member.clock.advance(0)
    member.coordinator.script('Heartbeat', REBALANCE_IN_PROGRESS)
    await member.beat()
    const published = member.coordinator
      .requests('JoinGroup')
      .slice(1)
      .map(({ request }) => (request['metadata'] as Buffer).toString('latin1'))
    expect(published).toHaveLength(3)
    expect(published[1]).not.toEqual(published[0])
    expect(published[2]).toEqual(published[1])
    await member.group.leave()
  })

  it('takes another round for what was asked for while it joined', async () => {
    const member = await MemberUnderTest.joined()
    const answerJoin = member.hold('JoinGroup')
    member.group.rejoin()
    await member.clock.advance(0)
    member.subscription = 'changed meanwhile'
    member.group.rejoin()
    await answerJoin()
    expect(member.events).toEqual([
      'assigned subscribed in 1',
      'assigned subscribed in 2',
      'assigned changed meanwhile in 3',
    ])
    await member.group.leave()
  })

  it('leaves at once while it waits for the others to join', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.script('JoinGroup', 'silence')
    member.group.rejoin()
    await member.clock.advance(0)
    await member.group.leave()
    expect(member.coordinator.calls.at(-1)).toMatchObject({
      api: 'LeaveGroup',
      request: { memberId: 'm1' },
    })
    expect(member.events).toHaveLength(1)
    expect(member.group.metadata()).toBeNull()
  })

  it('gives an id back that it is given as it leaves', async () => {
    const member = new MemberUnderTest()
    const answerJoin = member.hold('JoinGroup')
    const joining = member.group.join()
    await member.clock.advance(0)
    const leaving = member.group.leave()
    await member.clock.advance(0)
    await answerJoin()
    await leaving
    await joining
    expect(member.coordinator.requests('JoinGroup')).toHaveLength(1)
    expect(member.coordinator.requests('LeaveGroup')[0]?.request['memberId']).toBe('m1')
    expect(member.events).toEqual([])
  })

  it('leaves though nobody answers', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.scriptAll('LeaveGroup', 'lost')
    member.coordinator.isClosed = true
    await member.group.leave()
    expect(member.group.metadata()).toBeNull()
  })

  it('keeps its seat when it has an instance id', async () => {
    const member = await MemberUnderTest.joined({ instanceId: 'static' })
    await member.group.leave()
    expect(member.coordinator.requests('LeaveGroup')).toEqual([])
    expect(member.coordinator.requests('SyncGroup')[0]?.request['instanceId']).toBe('static')
  })

  it('says and does nothing more when its client closes', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.script('JoinGroup', 'silence')
    member.group.rejoin()
    await member.clock.advance(0)
    const before = member.coordinator.calls.length
    member.group.sever()
    await member.clock.advance(10 * SESSION_TIMEOUT_MS)
    expect(member.coordinator.calls).toHaveLength(before)
    expect(member.events).toHaveLength(1)
    expect(member.group.metadata()).toBeNull()
  })
})
