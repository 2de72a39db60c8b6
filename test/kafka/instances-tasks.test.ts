import { afterEach, beforeAll, expect, it } from 'vitest'
import type { CrashProbe } from '../../runtime/crash-probe.ts'
import { RelayGroup } from '../support/deployment/relay-group.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { sharedKafka } from '../support/kafka/shared-kafka.ts'

const MIB = 1024 * 1024

/** Instances in this process, so that single tasks can be watched. */
await describeKafka('the tasks of instances', () => {
  let bootstrapServers: string
  let group: RelayGroup | null = null

  beforeAll(async () => {
    bootstrapServers = await sharedKafka()
  }, 120_000)

  afterEach(async () => {
    const { failures = [] } = group ?? {}
    await group?.close()
    group = null
    expect(failures).toEqual([])
  }, 60_000)

  it('that stay are not interrupted while another member joins and leaves', async () => {
    group = new RelayGroup(bootstrapServers, 4)
    const starts = new Map<string, number>()
    const countStarts: CrashProbe = (point, taskId) => {
      if (point === '1-before-fence') starts.set(taskId, (starts.get(taskId) ?? 0) + 1)
    }
    const stays = await group.join({}, countStarts)
    await group.untilRunning([stays])
    const runners = new Map(stays.runners)
    const guest = await group.join()
    await group.untilRunning([stays, guest])
    const kept = [...stays.runners.keys()]
    expect(kept).toHaveLength(2)
    await group.send(1_000)
    await guest.close()
    await group.untilRunning([stays])
    await group.untilCommitted()
    for (const taskId of kept) {
      expect(stays.runners.get(taskId)).toBe(runners.get(taskId))
      expect(starts.get(taskId)).toBe(1)
      expect(stays.runners.get(taskId)!.task.processedRecords).toBeGreaterThan(0)
    }
    expect([...starts.values()].reduce((sum, count) => sum + count, 0)).toBe(6)
  }, 60_000)

  it('get through with the least memory that may be set, over many partitions', async () => {
    group = new RelayGroup(bootstrapServers, 24)
    const member = await group.join({ memoryBytesMax: 16 * MIB })
    // Twice the bound goes through.
    await group.send(8_000, { bytes: 4_096, keys: 5_000 })
    const held: number[] = []
    const look = setInterval(() => {
      const queues = [...member.runners.values()].flatMap(({ task }) => task.queues)
      held.push(queues.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0))
    }, 5)
    await group.untilCommitted(60_000).finally(() => clearInterval(look))
    // A queue pauses above 256 KiB, and what was under way for it still comes.
    expect(Math.max(...held)).toBeLessThan(24 * MIB)
  }, 90_000)

  it('may keep the process busy and their group waiting without its giving them up', async () => {
    const burnUntil = (ms: number) => {
      const endMs = performance.now() + ms
      while (performance.now() < endMs);
    }
    group = new RelayGroup(bootstrapServers, 2, () => burnUntil(200))
    const member = await group.join({ sessionTimeoutMs: 6_000 })
    await group.untilRunning([member])
    const rebalances = member.rebalances
    // Longer than a session altogether.
    await group.send(36, { keys: 36 })
    await group.untilCommitted()
    await member.confirmMembership()
    expect(member.rebalances).toBe(rebalances)
    expect(member.state).toBe('running')
  }, 60_000)
})
