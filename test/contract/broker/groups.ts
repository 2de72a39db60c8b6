import { describe, expect, it } from 'vitest'
import { FencedError, GroupNotEmptyError, StaleGenerationError } from '../../../broker/errors.ts'
import type { Transaction } from '../../../broker/port.ts'
import { eventually, sendValues, uniqueName } from '../../support/broker-records.ts'
import { MemberProbe, ownedByAll } from '../../support/member-probe.ts'
import type { BrokerHarness, SharedBroker } from './harness.ts'

const ALL = [0, 1, 2, 3, 4, 5]

export function groupCases(shared: SharedBroker, { sessionTimeoutMs }: BrokerHarness): void {
  const createTopic = async (): Promise<string> => {
    const name = uniqueName('groups')
    await shared().broker.createTopics([{ name, partitions: 6 }])
    return name
  }
  const begin = async (): Promise<Transaction> => {
    const transaction = shared().broker.transaction(uniqueName('tx'))
    await transaction.init()
    return transaction
  }
  const at = (topic: string, partition = 0) => ({ topic, partition })

  describe('groups', () => {
    it('hand a lone member everything when it joins', async () => {
      const member = new MemberProbe(shared().broker, { groupId: uniqueName('group') })
      expect(member.group.metadata()).toBeNull()
      await member.group.join()
      expect(member.owned).toEqual(ALL)
      expect(member.group.metadata()).toEqual(member.assigned)
      await member.group.confirm()
      await member.group.leave()
      expect(member.events).toEqual(['assigned'])
      expect(member.group.metadata()).toBeNull()
    })

    it('show the leader what each member published', async () => {
      const { broker, connect } = shared()
      const groupId = uniqueName('group')
      const members = ['first', 'second'].map((text) => ({ text, groupId }))
      const [first, second] = [
        new MemberProbe(broker, { groupId, subscription: () => Buffer.from(members[0]!.text) }),
        new MemberProbe(await connect(), {
          groupId,
          subscription: () => Buffer.from(members[1]!.text),
        }),
      ]
      await first.group.join()
      await second.group.join()
      await eventually(() =>
        Promise.resolve(first.generations.at(-1) === second.generations.at(-1)),
      )
      const leader = [first, second].find(({ seenMembers }) => seenMembers.length === 2)!
      expect(leader.seenMembers.map(({ subscription }) => subscription.toString()).sort()).toEqual([
        'first',
        'second',
      ])
      await first.group.leave()
      await second.group.leave()
    })

    it('share out anew when members join and leave', async () => {
      const { broker, connect } = shared()
      const groupId = uniqueName('group')
      const members = [
        new MemberProbe(broker, { groupId }),
        new MemberProbe(broker, { groupId }),
        new MemberProbe(await connect(), { groupId }),
      ]
      for (const [i, { group }] of members.entries()) {
        await group.join()
        const joined = members.slice(0, i + 1)
        await eventually(() => Promise.resolve(ownedByAll(joined)?.length === ALL.length))
        expect(ownedByAll(joined)).toEqual(ALL)
        expect(new Set(joined.map(({ generations }) => generations.at(-1))).size).toBe(1)
      }
      expect(await broker.groupAdmin(groupId).members()).toHaveLength(3)
      await members[0]!.group.leave()
      const rest = members.slice(1)
      await eventually(() => Promise.resolve(ownedByAll(rest)?.length === ALL.length))
      expect(ownedByAll(rest)).toEqual(ALL)
      for (const { events, group } of rest) {
        await group.leave()
        expect(events).not.toContain('lost')
      }
      await eventually(async () => (await broker.groupAdmin(groupId).members()).length === 0)
    })

    it('raise the generation with every rebalance', async () => {
      const { broker, connect } = shared()
      const groupId = uniqueName('group')
      const first = new MemberProbe(broker, { groupId })
      await first.group.join()
      const second = new MemberProbe(await connect(), { groupId })
      await second.group.join()
      await eventually(() => Promise.resolve(first.generations.length >= 2))
      expect([...first.generations].sort((a, b) => a - b)).toEqual(first.generations)
      expect(new Set(first.generations).size).toBe(first.generations.length)
      await first.group.leave()
      await second.group.leave()
    })

    it('let a member commit all through the rebalances of others', async () => {
      const { broker, connect } = shared()
      const topic = await createTopic()
      const groupId = uniqueName('group')
      const stays = new MemberProbe(broker, { groupId })
      await stays.group.join()
      const transaction = await begin()
      let committed = 0
      const commit = async (): Promise<void> => {
        const offset = { ...at(topic), offset: ++committed, metadata: '' }
        for (let group = stays.group.metadata()!; ;) {
          try {
            await transaction.sendOffsets([offset], group)
            break
          } catch (error) {
            if (!(error instanceof StaleGenerationError)) throw error
            group = (await stays.group.nextGeneration(group))!
          }
        }
        await transaction.commit()
      }
      let isOver = false
      const committing = (async () => {
        while (!isOver) {
          await commit()
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      })()
      for (let i = 0; i < 3; i++) {
        const guest = new MemberProbe(await connect(), { groupId })
        await guest.group.join()
        await guest.group.leave()
      }
      await eventually(() => Promise.resolve(stays.owned?.length === ALL.length))
      isOver = true
      await committing
      expect(stays.events).not.toContain('lost')
      expect(stays.generations.length).toBeGreaterThan(3)
      expect(await stays.group.committed([at(topic)])).toEqual([
        { ...at(topic), offset: committed, metadata: '' },
      ])
      await stays.group.leave()
      await transaction.close()
    })

    it('enter another round when a member asks for it, with what it publishes then', async () => {
      const { broker, connect } = shared()
      const groupId = uniqueName('group')
      let text = 'before'
      const first = new MemberProbe(broker, { groupId, subscription: () => Buffer.from(text) })
      const second = new MemberProbe(await connect(), { groupId })
      await first.group.join()
      await second.group.join()
      await eventually(() =>
        Promise.resolve(first.generations.at(-1) === second.generations.at(-1)),
      )
      const before = first.generations.at(-1)!
      text = 'after'
      first.group.rejoin()
      await eventually(() =>
        Promise.resolve([first, second].every((m) => m.generations.at(-1)! > before)),
      )
      const leader = [first, second].find(({ seenMembers }) => seenMembers.length === 2)!
      const published = leader.seenMembers.map(({ subscription }) => subscription.toString())
      expect(published.sort()).toEqual(['', 'after'])
      await first.group.leave()
      await second.group.leave()
    })

    it('let a member commit without a transaction', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const member = new MemberProbe(broker, { groupId: uniqueName('group') })
      await member.group.join()
      const offsets = [{ ...at(topic, 2), offset: 11, metadata: 'plain' }]
      await member.group.commit(offsets)
      expect(await member.group.committed([at(topic, 2)])).toEqual(offsets)
      await member.group.leave()
      await expect(member.group.commit(offsets)).rejects.toThrow(FencedError)
    })

    it('tell offsets of an old generation from those of a member that left', async () => {
      const { broker, connect } = shared()
      const topic = await createTopic()
      const groupId = uniqueName('group')
      const first = new MemberProbe(broker, { groupId })
      await first.group.join()
      const old = first.assigned!
      const second = new MemberProbe(await connect(), { groupId })
      await second.group.join()
      await eventually(() => Promise.resolve(first.assigned!.generationId !== old.generationId))
      const offsets = [{ ...at(topic), offset: 1, metadata: '' }]
      const transaction = await begin()
      await expect(transaction.sendOffsets(offsets, old)).rejects.toThrow(StaleGenerationError)
      await transaction.abort()
      await first.group.leave()
      await eventually(() => Promise.resolve(second.owned?.length === ALL.length))
      await expect(transaction.sendOffsets(offsets, first.assigned!)).rejects.toThrow(FencedError)
      await transaction.close()
      const next = await begin()
      await next.sendOffsets(offsets, second.group.metadata()!)
      await next.commit()
      await second.group.leave()
      await next.close()
    })

    it('say when what took an assignment threw, for nothing follows', async () => {
      const { broker } = shared()
      const groupId = uniqueName('group')
      const member: MemberProbe = new MemberProbe(broker, {
        groupId,
        onAssigned: () =>
          member.generations.length > 1
            ? Promise.reject(new Error('no room for it'))
            : Promise.resolve(),
      })
      await member.group.join()
      expect(member.failure).toBeNull()
      member.group.rejoin()
      await eventually(() => Promise.resolve(member.failure?.message === 'no room for it'))
      await member.group.leave()
    })

    it('give up a member that falls silent, and tell it', async () => {
      const { broker, connect } = shared()
      const topic = await createTopic()
      const groupId = uniqueName('group')
      const silent = new MemberProbe(await connect(), {
        groupId,
        sessionTimeoutMs,
        heartbeatIntervalMs: 10 * sessionTimeoutMs,
      })
      await silent.group.join()
      const old = silent.assigned!
      await eventually(
        async () => (await broker.groupAdmin(groupId).members()).length === 0,
        sessionTimeoutMs * 5,
      )
      const other = new MemberProbe(broker, { groupId })
      await other.group.join()
      expect(other.owned).toEqual(ALL)
      const transaction = await begin()
      const offsets = [{ ...at(topic), offset: 1, metadata: '' }]
      await expect(transaction.sendOffsets(offsets, old)).rejects.toThrow(FencedError)
      await transaction.close()
      await expect(silent.group.confirm()).rejects.toThrow(FencedError)
      await eventually(() => Promise.resolve(silent.events.includes('lost')))
      expect(silent.events.slice(0, 2)).toEqual(['assigned', 'lost'])
      await silent.group.leave()
      await other.group.leave()
    })

    it('keep committed offsets with their metadata, by partition', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const groupId = uniqueName('group')
      const member = new MemberProbe(broker, { groupId })
      await member.group.join()
      const transaction = await begin()
      const metadata = 'ä'.repeat(2048)
      await sendValues(transaction, topic, ['v'])
      await transaction.sendOffsets(
        [
          { ...at(topic, 0), offset: 3, metadata },
          { ...at(topic, 1), offset: 0, metadata: '' },
        ],
        member.assigned!,
      )
      await transaction.commit()
      const committed = await member.group.committed([0, 1, 2].map((i) => at(topic, i)))
      expect(committed).toEqual([
        { ...at(topic, 0), offset: 3, metadata },
        { ...at(topic, 1), offset: 0, metadata: '' },
      ])
      await member.group.leave()
      await transaction.close()
    })

    it('answer committed offsets only once open transactions over them are decided', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const member = new MemberProbe(broker, { groupId: uniqueName('group') })
      await member.group.join()
      for (const verdict of ['commit', 'abort'] as const) {
        const transaction = await begin()
        await transaction.sendOffsets(
          [{ ...at(topic), offset: verdict === 'commit' ? 5 : 9, metadata: verdict }],
          member.assigned!,
        )
        let isAnswered = false
        const answer = member.group.committed([at(topic)]).finally(() => (isAnswered = true))
        await new Promise((resolve) => setTimeout(resolve, 200))
        expect(isAnswered).toBe(false)
        await transaction[verdict]()
        expect(await answer).toEqual([{ ...at(topic), offset: 5, metadata: 'commit' }])
        await transaction.close()
      }
      await member.group.leave()
    })

    it('let an administrator change offsets only while nobody is in them', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const groupId = uniqueName('group')
      const admin = broker.groupAdmin(groupId)
      const offsets = [0, 1].map((partition) => {
        return { ...at(topic, partition), offset: 4, metadata: 'set' }
      })
      await admin.alterOffsets(offsets)
      expect(await admin.committed()).toEqual(expect.arrayContaining(offsets))
      const member = new MemberProbe(broker, { groupId })
      await member.group.join()
      expect(await member.group.committed([at(topic)])).toEqual([offsets[0]])
      await expect(admin.alterOffsets(offsets)).rejects.toThrow(GroupNotEmptyError)
      await member.group.leave()
      await admin.deleteOffsets([at(topic)])
      expect(await admin.committed()).toEqual([offsets[1]])
    })
  })
}
