import { describe, expect, it } from 'vitest'
import { StateClosedError, StateWriteError } from '../../state/errors.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import { describeTaskDatabase, putAll, rowsOf } from '../contract/task-database.ts'

describeTaskDatabase('MemoryDatabase', () => {
  const disk = new MemoryDisk()
  return Promise.resolve({
    open: () => Promise.resolve().then(() => new MemoryDatabase(disk)),
    destroy: () => Promise.resolve(),
  })
})

describe('MemoryDisk', () => {
  it('keeps written batches over a process crash and ends the owner', async () => {
    const disk = new MemoryDisk()
    const dead = new MemoryDatabase(disk)
    await putAll(dead, { a: '1' })
    const pending = putAll(dead, { a: '2', b: '2' })
    disk.crash()
    await expect(pending).rejects.toThrow(StateClosedError)
    await expect(dead.getMany(['a'])).rejects.toThrow(StateClosedError)
    const next = new MemoryDatabase(disk)
    await dead.close()
    expect(await rowsOf(next)).toEqual([['a', '1']])
  })

  it('loses whole unflushed batches from the end on power loss', async () => {
    for (const survivingBatches of [0, 1, 2, 3]) {
      const disk = new MemoryDisk({ powerLoss: true })
      const database = new MemoryDatabase(disk)
      await putAll(database, { a: '0', b: '0' })
      await database.flush()
      await putAll(database, { a: '1', c: '1' })
      const batch = database.batch()
      batch.deleteRange('a', 'c')
      batch.put('a', Buffer.from('2'))
      await batch.commit()
      expect(disk.unflushedBatches).toBe(2)
      disk.crash({ survivingBatches })
      const expected = [
        { a: '0', b: '0' },
        { a: '1', b: '0', c: '1' },
        { a: '2', c: '1' },
      ][Math.min(survivingBatches, 2)]!
      expect(await rowsOf(new MemoryDatabase(disk))).toEqual(Object.entries(expected))
    }
  })

  it('refuses a write as a full disk does, and writes nothing of it', async () => {
    const disk = new MemoryDisk()
    const database = new MemoryDatabase(disk)
    disk.beforeOperation = (operation) =>
      operation === 'write' ? Promise.reject(new Error('ENOSPC')) : Promise.resolve()
    await expect(putAll(database, { a: '1', b: '1' })).rejects.toThrow(StateWriteError)
    expect(await rowsOf(database)).toEqual([])
    disk.beforeOperation = () => Promise.resolve()
    await putAll(database, { a: '2' })
    expect(await rowsOf(database)).toEqual([['a', '2']])
  })

  it('stores what a buffer holds when the batch is written, as RocksDB may', async () => {
    const database = new MemoryDatabase()
    const value = Buffer.from('early')
    const batch = database.batch()
    batch.put('a', value)
    const written = batch.commit()
    value.write('later')
    await written
    value.write('again')
    expect(await rowsOf(database)).toEqual([['a', 'later']])
  })
})
