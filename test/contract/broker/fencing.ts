import { describe, expect, it } from 'vitest'
import { FencedError } from '../../../broker/errors.ts'
import type { Transaction } from '../../../broker/port.ts'
import { eventually, readValues, sendValues, uniqueName } from '../../support/broker-records.ts'
import { MemberProbe } from '../../support/member-probe.ts'
import type { SharedBroker } from './harness.ts'

export function fencingCases(shared: SharedBroker): void {
  const createTopic = async (): Promise<string> => {
    const name = uniqueName('fencing')
    await shared().broker.createTopics([{ name, partitions: 1 }])
    return name
  }
  /** An initialised transaction, and one that took its id over from another process. */
  const takeOver = async (
    before: (zombie: Transaction) => Promise<unknown>,
  ): Promise<[zombie: Transaction, owner: Transaction]> => {
    const id = uniqueName('tx')
    const zombie = shared().broker.transaction(id)
    await zombie.init()
    await before(zombie)
    const owner = (await shared().connect()).transaction(id)
    await owner.init()
    return [zombie, owner]
  }

  describe('fencing', () => {
    it('aborts what the former holder left open', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const [zombie, owner] = await takeOver((it) => sendValues(it, topic, ['zombie']))
      await sendValues(owner, topic, ['owner'])
      await owner.commit()
      await eventually(async () => (await readValues(broker, topic)).length > 0)
      expect(await readValues(broker, topic)).toEqual(['owner'])
      await zombie.close()
      await owner.close()
    })

    it('refuses a zombie that sends', async () => {
      const topic = await createTopic()
      const [zombie, owner] = await takeOver((it) => sendValues(it, topic, ['zombie']))
      await expect(sendValues(zombie, topic, ['late'])).rejects.toThrow(FencedError)
      await zombie.close()
      await owner.close()
    })

    it('refuses a zombie that commits, and nothing of it appears', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const [zombie, owner] = await takeOver((it) => sendValues(it, topic, ['zombie']))
      await expect(zombie.commit()).rejects.toThrow(FencedError)
      await sendValues(owner, topic, ['owner'])
      await owner.commit()
      await eventually(async () => (await readValues(broker, topic)).length > 0)
      expect(await readValues(broker, topic)).toEqual(['owner'])
      await zombie.close()
      await owner.close()
    })

    it('refuses a zombie that aborts', async () => {
      const topic = await createTopic()
      const [zombie, owner] = await takeOver((it) => sendValues(it, topic, ['zombie']))
      await expect(zombie.abort()).rejects.toThrow(FencedError)
      await zombie.close()
      await owner.close()
    })

    it('refuses a zombie that sends offsets', async () => {
      const topic = await createTopic()
      const { broker } = shared()
      const member = new MemberProbe(broker, { groupId: uniqueName('group') })
      await member.group.join()
      const [zombie, owner] = await takeOver((it) => sendValues(it, topic, ['zombie']))
      const offsets = [{ topic, partition: 0, offset: 1, metadata: '' }]
      await expect(zombie.sendOffsets(offsets, member.assigned!)).rejects.toThrow(FencedError)
      await zombie.close()
      await owner.close()
      await member.group.leave()
    })

    it('lets a holder take its own id again', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const transaction = broker.transaction(uniqueName('tx'))
      await transaction.init()
      await sendValues(transaction, topic, ['dropped'])
      await transaction.init()
      await sendValues(transaction, topic, ['kept'])
      await transaction.commit()
      await eventually(async () => (await readValues(broker, topic)).length > 0)
      expect(await readValues(broker, topic)).toEqual(['kept'])
      await transaction.close()
    })

    it('does not reach other ids', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const other = broker.transaction(uniqueName('tx'))
      await other.init()
      await sendValues(other, topic, ['other'])
      const [zombie, owner] = await takeOver((it) => sendValues(it, topic, ['zombie']))
      await other.commit()
      await eventually(async () => (await readValues(broker, topic)).length > 0)
      expect(await readValues(broker, topic)).toEqual(['other'])
      for (const transaction of [other, zombie, owner]) await transaction.close()
    })

    it('aborts a transaction that is open for too long, and refuses its holder', async () => {
      const { broker } = shared()
      const topic = await createTopic()
      const transaction = broker.transaction(uniqueName('tx'), { timeoutMs: 1000 })
      await transaction.init()
      await sendValues(transaction, topic, ['slow'])
      const producer = broker.producer()
      await sendValues(producer, topic, ['behind'])
      await eventually(async () => (await readValues(broker, topic)).length > 0, 40_000)
      expect(await readValues(broker, topic)).toEqual(['behind'])
      await expect(transaction.commit()).rejects.toThrow(FencedError)
      await transaction.close()
      await producer.close()
    })
  })
}
