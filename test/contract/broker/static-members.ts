import { describe, expect, it } from 'vitest'
import { FencedError } from '../../../broker/errors.ts'
import { eventually, uniqueName } from '../../support/broker-records.ts'
import { MemberProbe, ownedByAll } from '../../support/member-probe.ts'
import type { BrokerHarness, SharedBroker } from './harness.ts'

export function staticMemberCases(shared: SharedBroker, harness: BrokerHarness): void {
  // Long enough to come back in, short enough to be waited out.
  const sessionTimeoutMs = Math.max(harness.sessionTimeoutMs, 2000)

  describe('static members', () => {
    it('return to their seat without a rebalance', async () => {
      const { broker, connect } = shared()
      const groupId = uniqueName('group')
      const options = { groupId, sessionTimeoutMs }
      const stays = new MemberProbe(broker, { ...options, instanceId: 'stays' })
      const leaves = new MemberProbe(broker, { ...options, instanceId: 'leaves' })
      await stays.group.join()
      await leaves.group.join()
      await eventually(() => Promise.resolve(ownedByAll([stays, leaves])?.length === 6))
      const share = leaves.owned
      const generations = [...stays.generations]
      await leaves.group.leave()
      const returns = new MemberProbe(await connect(), { ...options, instanceId: 'leaves' })
      await returns.group.join()
      expect(returns.owned).toEqual(share)
      expect(returns.generations).toEqual([generations.at(-1)])
      expect(stays.generations).toEqual(generations)
      expect(returns.assigned!.memberId).not.toBe(leaves.assigned!.memberId)
      await returns.group.leave()
      await stays.group.leave()
    })

    it('give up their seat when they stay away', async () => {
      const { broker } = shared()
      const groupId = uniqueName('group')
      const stays = new MemberProbe(broker, { groupId })
      const leaves = new MemberProbe(broker, { groupId, sessionTimeoutMs, instanceId: 'leaves' })
      await stays.group.join()
      await leaves.group.join()
      await eventually(() => Promise.resolve(stays.owned?.length === 3))
      await leaves.group.leave()
      await eventually(() => Promise.resolve(stays.owned?.length === 6), sessionTimeoutMs * 5)
      await stays.group.leave()
    })

    it('are fenced by a second holder of their instance id', async () => {
      const { broker, connect } = shared()
      const groupId = uniqueName('group')
      const options = { groupId, sessionTimeoutMs, instanceId: 'twin' }
      const first = new MemberProbe(broker, options)
      await first.group.join()
      const second = new MemberProbe(await connect(), options)
      await second.group.join()
      await eventually(() => Promise.resolve(first.events.includes('lost')))
      await expect(first.group.confirm()).rejects.toThrow(FencedError)
      await eventually(() => Promise.resolve(first.failure instanceof FencedError))
      await second.group.confirm()
      expect(second.failure).toBeNull()
      expect(await broker.groupAdmin(groupId).members()).toEqual([
        { memberId: second.assigned!.memberId, instanceId: 'twin' },
      ])
      await first.group.leave()
      await second.group.leave()
    })
  })
}
