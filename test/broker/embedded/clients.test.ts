import { beforeEach, describe, expect, it } from 'vitest'
import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import { FatalBrokerError, FencedError } from '../../../broker/errors.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { readValues, sendValues } from '../../support/broker-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { MemberProbe } from '../../support/member-probe.ts'

const TOPIC = 'topic'

describe('clients of the embedded broker', () => {
  let clock: ManualClock
  let broker: EmbeddedBroker

  beforeEach(async () => {
    clock = new ManualClock()
    broker = await EmbeddedBroker.open({ database: new MemoryDatabase(), clock })
    await broker.createTopics([{ name: TOPIC, partitions: 1 }])
  })

  it('leave a transaction open when they are severed, until it times out', async () => {
    const client = broker.connect()
    const transaction = client.transaction('id', { timeoutMs: 5000 })
    await transaction.init()
    await sendValues(transaction, TOPIC, ['open'])
    await sendValues(broker.producer(), TOPIC, ['behind'])
    client.sever()
    await expect(transaction.commit()).rejects.toThrow(FatalBrokerError)
    await clock.advance(4999)
    expect(await readValues(broker, TOPIC)).toEqual([])
    await clock.advance(1)
    expect(await readValues(broker, TOPIC)).toEqual(['behind'])
    await broker.close()
  })

  it('fall silent in their groups when they are severed, and are replaced', async () => {
    const client = broker.connect()
    const dead = new MemberProbe(client, { groupId: 'group', sessionTimeoutMs: 1000 })
    await dead.group.join()
    client.sever()
    const heir = new MemberProbe(broker, { groupId: 'group' })
    const joining = heir.group.join()
    await clock.advance(1100)
    await joining
    expect(heir.owned).toEqual([0, 1, 2, 3, 4, 5])
    expect(dead.events).toEqual(['assigned'])
    await expect(dead.group.confirm()).rejects.toThrow(FencedError)
    await heir.group.leave()
    await broker.close()
  })

  it('refuse calls once closed, and may be closed twice', async () => {
    const fetcher = broker.fetcher()
    fetcher.assign([{ topic: TOPIC, partition: 0, offset: 0 }])
    const polling = fetcher.poll(1_000_000)
    const producer = broker.producer()
    const sending = sendValues(producer, TOPIC, ['under way'])
    await Promise.all([broker.close(), broker.close()])
    await sending
    await polling
    await expect(broker.describeTopics()).rejects.toThrow(FatalBrokerError)
    expect(() => broker.fetcher()).toThrow(FatalBrokerError)
    expect(clock.pendingCount).toBe(0)
  })

  it('abort open transactions when closed', async () => {
    const client = broker.connect()
    const transaction = client.transaction('id')
    await transaction.init()
    await sendValues(transaction, TOPIC, ['open'])
    await client.close()
    await sendValues(broker.producer(), TOPIC, ['behind'])
    expect(await readValues(broker, TOPIC)).toEqual(['behind'])
    await broker.close()
  })

  it('hear of a failing callback, and leave the group with it', async () => {
    const failing = new MemberProbe(broker, {
      groupId: 'group',
      onAssigned: () => Promise.reject(new Error('cannot take it')),
    })
    await expect(failing.group.join()).rejects.toThrow('cannot take it')
    await expect(failing.group.confirm()).rejects.toThrow('cannot take it')
    expect(await broker.groupAdmin('group').members()).toEqual([])
    await broker.close()
    expect(clock.pendingCount).toBe(0)
  })

  it('return to the group when their membership expired, with what was lost said', async () => {
    const member = new MemberProbe(broker, {
      groupId: 'group',
      sessionTimeoutMs: 1000,
      heartbeatIntervalMs: 3000,
    })
    await member.group.join()
    await clock.advance(2000)
    expect(member.events).toEqual(['assigned'])
    await clock.advance(1000)
    expect(member.events).toEqual(['assigned', 'lost', 'assigned'])
    await member.group.leave()
    await broker.close()
  })

  it('leave while they wait for others to join', async () => {
    const slow: MemberProbe = new MemberProbe(broker, {
      groupId: 'group',
      rebalanceTimeoutMs: 100_000,
      onAssigned: () => (slow.generations.length === 2 ? clock.sleep(10_000) : Promise.resolve()),
    })
    await slow.group.join()
    const guest = new MemberProbe(broker, { groupId: 'group' })
    await guest.group.join()
    await guest.group.leave()
    const waiting = new MemberProbe(broker, { groupId: 'group' })
    const joining = waiting.group.join()
    await clock.advance(100)
    await waiting.group.leave()
    await joining
    expect(waiting.events).toEqual([])
    await clock.advance(20_000)
    expect(slow.owned).toEqual([0, 1, 2, 3, 4, 5])
    await slow.group.leave()
    await broker.close()
  })

  it('do not deliver a read that an assignment has overtaken', async () => {
    const disk = new MemoryDatabase()
    const small = await EmbeddedBroker.open({ database: disk, clock, tailBytesMax: 0 })
    await small.createTopics([{ name: TOPIC, partitions: 1 }])
    const producer = small.producer()
    for (const value of ['a', 'b', 'c']) await sendValues(producer, TOPIC, [value])
    const fetcher = small.fetcher()
    fetcher.assign([{ topic: TOPIC, partition: 0, offset: 0 }])
    const polling = fetcher.poll(1000)
    fetcher.assign([{ topic: TOPIC, partition: 0, offset: 2 }])
    const { fetched } = await polling
    const offsets: number[] = []
    for (const { batches } of fetched) {
      for (const batch of batches) batch.forEach(({ offset }) => offsets.push(offset))
    }
    expect(offsets).toEqual([2])
    await small.close()
    await broker.close()
  })
})
