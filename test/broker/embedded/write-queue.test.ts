import { describe, expect, it } from 'vitest'
import { WriteQueue } from '../../../broker/embedded/write-queue.ts'
import { FatalBrokerError } from '../../../broker/errors.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { MemoryDisk } from '../../../state/memory-disk.ts'

/** A disk whose writes wait until they are let through. */
function gatedDisk(): { disk: MemoryDisk; writes: () => number; release: () => void } {
  const disk = new MemoryDisk()
  let count = 0
  let open: (() => void)[] = []
  disk.beforeOperation = (operation) => {
    if (operation !== 'write') return Promise.resolve()
    count++
    return new Promise((resolve) => open.push(resolve))
  }
  const release = (): void => {
    const waiting = open
    open = []
    for (const resolve of waiting) resolve()
  }
  return { disk, writes: () => count, release }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const put =
  (key: string, value = key) =>
  (batch: { put(key: string, value: Buffer): void }): void => {
    batch.put(key, Buffer.from(value))
  }

describe('write queue', () => {
  it('writes what was enqueued in one turn as one batch', async () => {
    const { disk, writes, release } = gatedDisk()
    const queue = new WriteQueue(new MemoryDatabase(disk))
    const done = Promise.all([queue.enqueue(put('a')), queue.enqueue(put('b'))])
    await turn()
    expect(writes()).toBe(1)
    release()
    await done
    expect(disk.rows.size).toBe(2)
  })

  it('gathers what comes while a batch is written, and keeps the order', async () => {
    const { disk, writes, release } = gatedDisk()
    const queue = new WriteQueue(new MemoryDatabase(disk))
    const first = queue.enqueue(put('key', 'first'))
    await turn()
    const later = [queue.enqueue(put('key', 'second')), queue.enqueue(put('key', 'third'))]
    await turn()
    expect(writes()).toBe(1)
    release()
    await first
    await turn()
    expect(writes()).toBe(2)
    expect(disk.rows.get('key')?.toString()).toBe('first')
    release()
    await Promise.all(later)
    expect(disk.rows.get('key')?.toString()).toBe('third')
  })

  it('refuses what waits and what follows after a failed write', async () => {
    const disk = new MemoryDisk()
    const queue = new WriteQueue(new MemoryDatabase(disk))
    await queue.enqueue(put('before'))
    disk.beforeOperation = () => Promise.reject(new Error('disk full'))
    const failing = queue.enqueue(put('failing'))
    await expect(failing).rejects.toThrow(FatalBrokerError)
    await expect(failing).rejects.toThrow('disk full')
    disk.beforeOperation = () => Promise.resolve()
    await expect(queue.enqueue(put('after'))).rejects.toThrow(FatalBrokerError)
    expect(disk.rows.get('after')).toBeNull()
  })

  it('does not touch the disk for a write without rows', async () => {
    const { disk, writes } = gatedDisk()
    const queue = new WriteQueue(new MemoryDatabase(disk))
    await queue.enqueue(() => undefined)
    expect(writes()).toBe(0)
  })
})
