import { describe, expect, it } from 'vitest'
import { FatalBrokerError, FencedError, RetriableError } from '../../../../broker/errors.ts'
import { errorCodes } from '../../../../broker/kafka/error-codes.ts'
import { HEARTBEAT_INTERVAL_MS, MemberUnderTest, SESSION_TIMEOUT_MS } from './member-under-test.ts'

const {
  FENCED_INSTANCE_ID,
  GROUP_AUTHORIZATION_FAILED,
  ILLEGAL_GENERATION,
  NOT_COORDINATOR,
  UNKNOWN_MEMBER_ID,
} = errorCodes

describe('heartbeats of a Kafka group', () => {
  it('K9: heartbeats go on while the loop works', async () => {
    const member = await MemberUnderTest.joined()
    const finish = member.stall()
    member.group.rejoin()
    await member.clock.advance(0)
    const before = member.coordinator.requests('Heartbeat').length
    await member.clock.advance(2 * SESSION_TIMEOUT_MS)
    const beats = member.coordinator.requests('Heartbeat').length - before
    expect(beats).toBe((2 * SESSION_TIMEOUT_MS) / HEARTBEAT_INTERVAL_MS)
    await finish()
    expect(member.events).toEqual(['assigned subscribed in 1', 'assigned subscribed in 2'])
    await member.group.leave()
  })

  it.each(['JoinGroup', 'SyncGroup'])('go on while %s waits, on another lane', async (apiName) => {
    const member = await MemberUnderTest.joined()
    const answer = member.hold(apiName)
    member.group.rejoin()
    await member.clock.advance(2 * SESSION_TIMEOUT_MS)
    const beats = member.coordinator.requests('Heartbeat')
    expect(beats).toHaveLength((2 * SESSION_TIMEOUT_MS) / HEARTBEAT_INTERVAL_MS)
    const waiting = member.coordinator.requests(apiName).at(-1)!
    expect(beats.map(({ lane }) => lane)).not.toContain(waiting.lane)
    await answer()
    expect(member.events).toHaveLength(2)
    await member.group.leave()
  })

  it('tell a member that it is gone: lost first, then in again as a newcomer', async () => {
    const member = await MemberUnderTest.joined()
    const old = member.group.metadata()!
    const finish = member.stall()
    member.coordinator.script('Heartbeat', UNKNOWN_MEMBER_ID)
    await member.beat()
    expect(member.events.slice(1)).toEqual(['lost with no generation'])
    expect(member.coordinator.requests('JoinGroup')).toHaveLength(2)
    await finish()
    expect(member.events.slice(2)).toEqual(['assigned subscribed in 2'])
    expect(member.group.metadata()?.memberId).toBe('m2')
    expect(await member.group.nextGeneration(old)).toBeNull()
    await member.group.leave()
  })

  it('tell a member that its generation is over: lost, then in again under its id', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.script('Heartbeat', ILLEGAL_GENERATION)
    await member.beat()
    expect(member.events.slice(1)).toEqual(['lost with no generation', 'assigned subscribed in 2'])
    expect(member.group.metadata()?.memberId).toBe('m1')
    await member.group.leave()
  })

  it('end a member whose instance id another process took', async () => {
    const member = await MemberUnderTest.joined({ instanceId: 'twin' })
    const next = member.group.nextGeneration(member.group.metadata()!)
    member.coordinator.script('Heartbeat', FENCED_INSTANCE_ID)
    await member.beat()
    expect(member.events.slice(1)).toEqual(['lost with no generation'])
    await member.clock.advance(10 * SESSION_TIMEOUT_MS)
    expect(member.coordinator.requests('JoinGroup')).toHaveLength(1)
    expect(await next).toBeNull()
    await expect(member.group.confirm()).rejects.toThrow(FencedError)
    await member.group.leave()
  })

  it('that nobody answers for a session end the membership by its own timers', async () => {
    const member = await MemberUnderTest.joined({ instanceId: 'cut off' })
    member.coordinator.scriptAll('Heartbeat', 'silence')
    member.coordinator.scriptAll('JoinGroup', 'silence')
    await member.clock.advance(SESSION_TIMEOUT_MS - 1)
    expect(member.events).toHaveLength(1)
    await member.clock.advance(1)
    expect(member.events.slice(1)).toEqual(['lost with no generation'])
    member.coordinator.unscript('Heartbeat')
    member.coordinator.unscript('JoinGroup')
    await member.clock.advance(100_000)
    expect(member.events.slice(2)).toEqual(['assigned subscribed in 2'])
    // The id tells whether another process took the seat meanwhile; a newcomer would take it back.
    expect(member.coordinator.requests('JoinGroup').at(-1)?.request['memberId']).toBe('m1')
    await member.group.leave()
  })

  it('that nobody answers end a membership that waits for the others to join', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.script('JoinGroup', 'silence')
    member.coordinator.scriptAll('Heartbeat', 'lost')
    member.group.rejoin()
    await member.clock.advance(SESSION_TIMEOUT_MS)
    expect(member.events.slice(1)).toEqual(['lost with no generation', 'assigned subscribed in 2'])
    await member.group.leave()
  })

  it('outlive a broken connection and a moved coordinator', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.script('Heartbeat', 'lost', NOT_COORDINATOR, 'lost')
    await member.clock.advance(2 * SESSION_TIMEOUT_MS)
    expect(member.coordinator.lookups).toBe(3)
    expect(member.events).toHaveLength(1)
    await member.group.leave()
  })

  it('end a member that is not allowed any more, and say why', async () => {
    const member = await MemberUnderTest.joined()
    member.coordinator.script('Heartbeat', GROUP_AUTHORIZATION_FAILED)
    await member.beat()
    expect(member.events.slice(1)).toEqual(['lost with no generation'])
    await expect(member.group.confirm()).rejects.toThrow(FatalBrokerError)
    await expect(member.group.confirm()).rejects.toThrow(/Read on Group group/)
    await member.group.leave()
  })

  it('are made at once to confirm a membership', async () => {
    const member = await MemberUnderTest.joined()
    await member.group.confirm()
    expect(member.coordinator.requests('Heartbeat')).toHaveLength(1)
    member.coordinator.script('Heartbeat', 'lost')
    await expect(member.group.confirm()).rejects.toThrow(RetriableError)
    expect(member.events).toHaveLength(1)
    member.coordinator.script('Heartbeat', UNKNOWN_MEMBER_ID)
    await expect(member.group.confirm()).rejects.toThrow(FencedError)
    await member.clock.advance(0)
    expect(member.events.slice(1)).toEqual(['lost with no generation', 'assigned subscribed in 2'])
    await member.group.leave()
  })

  it('end with the membership', async () => {
    const member = await MemberUnderTest.joined()
    await member.group.leave()
    await member.clock.advance(2 * SESSION_TIMEOUT_MS)
    expect(member.coordinator.requests('Heartbeat')).toEqual([])
    expect(member.clock.pendingCount).toBe(0)
  })
})
