import { describe, expect, it } from 'vitest'
import { PartitionGroup } from '../../runtime/partition-group.ts'
import { RecordQueue } from '../../runtime/record-queue.ts'
import { appendedAt, batchAt } from '../support/batches.ts'

describe('a record queue', () => {
  it('moves its position past gaps only when it runs empty', () => {
    const queue = new RecordQueue('in', 0, 'source', 10)
    queue.add([batchAt(10, [1, 2])], 15, 15)
    expect(queue.take()?.offset).toBe(10)
    expect(queue.nextOffset).toBe(11)
    expect(queue.take()?.offset).toBe(11)
    expect(queue.nextOffset).toBe(15)
    expect(queue.lag).toBe(0)
  })

  it('moves its position over a stretch without any record', () => {
    const queue = new RecordQueue('in', 0, 'source', 0)
    queue.add([], 4, 4)
    expect(queue.nextOffset).toBe(4)
    expect(queue.isEmpty).toBe(true)
  })

  it('skips what a batch holds before the position', () => {
    const queue = new RecordQueue('in', 0, 'source', 12)
    queue.add([batchAt(10, [1, 2, 3, 4])], 14, 14)
    expect(queue.take()?.offset).toBe(12)
    expect(queue.take()?.offset).toBe(13)
    expect(queue.take()).toBeUndefined()
  })

  it('passes a batch whose records all lie before the position', () => {
    const queue = new RecordQueue('in', 0, 'source', 12)
    queue.add([batchAt(10, [1, 2])], 13, 13)
    expect(queue.take()).toBeUndefined()
    expect(queue.nextOffset).toBe(13)
  })
})

describe('the delay of a record queue', () => {
  it('is the time since the broker appended the oldest record that is left', () => {
    const queue = new RecordQueue('in', 0, 'source', 0)
    queue.add([appendedAt(0, 2, 1_000), appendedAt(2, 2, 5_000)], 4, 4)
    queue.sawEnd(6_000)
    expect(queue.delayMs(7_000)).toBe(6_000)
    queue.take()
    expect(queue.delayMs(7_000)).toBe(6_000)
    queue.take()
    expect(queue.delayMs(7_000)).toBe(2_000)
    queue.take()
    queue.take()
    expect(queue.delayMs(7_000)).toBe(0)
  })

  it('leaves event time out of account: a replay of old records is not behind for years', () => {
    const queue = new RecordQueue('in', 0, 'source', 0)
    queue.add([batchAt(0, [1, 2, 3])], 3, 3)
    queue.sawEnd(50_000)
    expect(queue.delayMs(50_250)).toBe(250)
  })

  it('is known of records that are not fetched yet', () => {
    const queue = new RecordQueue('in', 0, 'source', 0)
    queue.add([batchAt(0, [1])], 1, 9)
    queue.sawEnd(1_000)
    queue.take()
    expect(queue.isEmpty).toBe(true)
    expect(queue.delayMs(4_000)).toBe(3_000)
  })

  it('is never negative when the broker’s clock is ahead', () => {
    const queue = new RecordQueue('in', 0, 'source', 0)
    queue.add([appendedAt(0, 1, 9_000)], 1, 1)
    queue.sawEnd(1_000)
    expect(queue.delayMs(1_000)).toBe(0)
  })
})

describe('a partition group', () => {
  const timesTaken = (group: PartitionGroup, most = 100) => {
    const times: number[] = []
    group.take(most, (record) => times.push(record.timestampMs) > 0)
    return times
  }

  it('takes records of several partitions in the order of their time', () => {
    const a = new RecordQueue('a', 0, 's', 0)
    const b = new RecordQueue('b', 0, 's', 0)
    a.add([batchAt(0, [1, 5, 9])], 3, 3)
    b.add([batchAt(0, [2, 3, 10])], 3, 3)
    expect(timesTaken(new PartitionGroup([a, b]))).toEqual([1, 2, 3, 5, 9, 10])
  })

  it('keeps offset order within a partition even when time goes back', () => {
    const a = new RecordQueue('a', 0, 's', 0)
    a.add([batchAt(0, [5, 1, 7])], 3, 3)
    expect(timesTaken(new PartitionGroup([a]))).toEqual([5, 1, 7])
  })

  it('waits for a partition that the broker is known to hold more of', () => {
    const a = new RecordQueue('a', 0, 's', 0)
    const b = new RecordQueue('b', 0, 's', 0)
    a.add([batchAt(0, [1])], 1, 1)
    b.add([], 0, 8)
    const group = new PartitionGroup([a, b])
    expect(group.readiness()).toBe('waiting-for-fetch')
    expect(timesTaken(group)).toEqual([])
    b.add([batchAt(0, [0])], 8, 8)
    expect(timesTaken(group)).toEqual([0, 1])
    expect(group.readiness()).toBe('empty')
  })

  it('stops at the number asked for', () => {
    const a = new RecordQueue('a', 0, 's', 0)
    a.add([batchAt(0, [1, 2, 3])], 3, 3)
    const group = new PartitionGroup([a])
    expect(timesTaken(group, 2)).toEqual([1, 2])
    expect(timesTaken(group, 2)).toEqual([3])
  })
})
