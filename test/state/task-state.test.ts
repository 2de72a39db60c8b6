import { describe, expect, it } from 'vitest'
import { CacheBudget } from '../../state/cache-budget.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import { TaskState } from '../../state/task-state.ts'
import {
  at,
  committed,
  encoded,
  openOn,
  plain,
  positions,
  record,
  sent,
} from '../support/small-task-state.ts'
import { textCodec } from '../support/text-codec.ts'

describe('a record', () => {
  it('misses a key that is not in memory, then reads what the disk holds', async () => {
    const disk = new MemoryDisk()
    const first = await openOn(disk)
    await committed(first, 1, () => first.store<string>('plain').put('a', '1'))
    await first.checkpoint()
    await first.close()
    const state = await openOn(disk)
    const store = state.store<string>('plain')
    let found: unknown
    const read = () => {
      found = store.get('a')
    }
    expect(await record(state, read)).toBe(1)
    expect(found).toBe('1')
    expect(await record(state, read)).toBe(0)
  })

  it('leaves nothing behind when it is rolled back', async () => {
    const state = await openOn(new MemoryDisk())
    const store = state.store<string>('plain')
    await record(state, () => store.put('a', '1'))
    state.begin()
    store.put('a', '2')
    store.delete('a')
    store.put('b', '3')
    store.put('b', '4')
    state.rollback()
    let found: unknown
    await record(state, () => {
      found = [store.get('a'), store.get('b')]
    })
    expect(found).toEqual(['1', undefined])
    expect(sent(state)).toEqual([['plain', 'a', '1']])
  })
})

describe('a commit', () => {
  it('emits each written key once, in the order of first writes, deletions as null', async () => {
    const state = await openOn(new MemoryDisk())
    const store = state.store<string>('plain')
    await record(state, () => {
      store.put('b', '1')
      store.put('a', '2')
      store.delete('c')
    })
    await record(state, () => store.put('b', '3'))
    expect(sent(state)).toEqual([
      ['plain', 'b', '3'],
      ['plain', 'a', '2'],
      ['plain', 'c', null],
    ])
    expect(() => sent(state)).toThrow('under way')
  })

  it('emits nothing for a key that was absent and is absent again', async () => {
    const state = await openOn(new MemoryDisk())
    const store = state.store<string>('plain')
    await record(state, () => {
      store.get('a')
    })
    await record(state, () => store.put('a', '1'))
    await record(state, () => store.delete('a'))
    expect(sent(state)).toEqual([])
    state.commitSucceeded(positions(1))
    expect(state.hasUncommitted).toBe(false)
  })

  it('lets the next records go on, and sends theirs with the next', async () => {
    const state = await openOn(new MemoryDisk())
    const store = state.store<string>('plain')
    await record(state, () => store.put('a', '1'))
    sent(state)
    await record(state, () => store.put('a', '2'))
    expect(await state.view.get('plain', 'a')).toBe(undefined)
    state.commitSucceeded(positions(1))
    expect(await state.view.get('plain', 'a')).toBe('1')
    expect(state.hasUncommitted).toBe(true)
    expect(sent(state)).toEqual([['plain', 'a', '2']])
    state.commitSucceeded(positions(2))
    expect(await state.view.get('plain', 'a')).toBe('2')
  })

  it('that fails drops the open and the committing layer', async () => {
    const state = await openOn(new MemoryDisk())
    const store = state.store<string>('plain')
    await committed(state, 1, () => store.put('a', '1'))
    await record(state, () => store.put('a', '2'))
    sent(state)
    await record(state, () => {
      store.put('a', '3')
      store.put('b', '3')
    })
    state.commitFailed()
    expect(state.hasUncommitted).toBe(false)
    let found: unknown
    await record(state, () => {
      found = [store.get('a'), store.get('b')]
    })
    expect(found).toEqual(['1', undefined])
    state.commitFailed()
  })

  it('that fails uncovers what the disk holds under keys that were never read', async () => {
    const state = await openOn(new MemoryDisk())
    const store = state.store<string>('plain')
    await state.restore('plain', [{ key: 'a', value: encoded('1') }], at(1))
    await record(state, () => store.put('a', '2'))
    expect(await state.view.get('plain', 'a')).toBe('1')
    state.commitFailed()
    expect(await record(state, () => expect(store.get('a')).toBe('1'))).toBe(1)
  })
})

describe('a checkpoint', () => {
  it('writes committed data and its positions, and nothing newer', async () => {
    const disk = new MemoryDisk()
    const state = await openOn(disk)
    const store = state.store<string>('plain')
    await committed(state, 1, () => store.put('a', '1'))
    expect(state.uncheckpointedBytes).toBeGreaterThan(0)
    await record(state, () => store.put('a', '2'))
    const written = state.checkpoint()
    sent(state)
    state.commitSucceeded(positions(2))
    await written
    expect(state.positions().get('plain')).toEqual(at(1))
    disk.crash()
    const next = await openOn(disk)
    expect(next.positions()).toEqual(positions(1))
    expect(await next.view.get('plain', 'a')).toBe('1')
  })

  it('over several turns writes the values of its beginning', async () => {
    const disk = new MemoryDisk()
    const state = await openOn(disk)
    const store = state.store<string>('plain')
    const keys = Array.from({ length: 5000 }, (_, i) => `k${String(i).padStart(4, '0')}`)
    await committed(state, 1, () => keys.forEach((key) => store.put(key, 'first')))
    const written = state.checkpoint()
    await committed(state, 2, () => keys.forEach((key) => store.put(key, 'second')))
    expect(await state.view.get('plain', 'k4999')).toBe('second')
    await written
    disk.crash()
    const next = await openOn(disk)
    const rows = await next.view.scan<string>('plain', { prefix: 'k', limit: 10_000 })
    expect(rows.length).toBe(5000)
    expect(new Set(rows.map(([, value]) => value))).toEqual(new Set(['first']))
    expect(next.positions().get('plain')).toEqual(at(1))
  })

  it('asked for while one is under way follows it, once however often asked', async () => {
    const disk = new MemoryDisk()
    const state = await openOn(disk)
    const store = state.store<string>('plain')
    let writes = 0
    disk.beforeOperation = async (operation) => {
      if (operation === 'write') writes++
      await new Promise((resolve) => setImmediate(resolve))
    }
    await committed(state, 1, () => store.put('a', '1'))
    const first = state.checkpoint()
    await committed(state, 2, () => store.put('a', '2'))
    const others = [state.checkpoint(), state.checkpoint(), state.checkpoint()]
    await first
    expect(state.positions().get('plain')).toEqual(at(1))
    await Promise.all(others)
    expect(state.positions().get('plain')).toEqual(at(2))
    expect(writes).toBe(2)
  })

  it('that fails leaves the layer for the next', async () => {
    const disk = new MemoryDisk()
    const state = await openOn(disk)
    const store = state.store<string>('plain')
    await committed(state, 1, () => store.put('a', '1'))
    disk.beforeOperation = () => Promise.reject(new Error('ENOSPC'))
    const bytes = state.uncheckpointedBytes
    await expect(state.checkpoint()).rejects.toThrow('ENOSPC')
    expect(state.uncheckpointedBytes).toBe(bytes)
    disk.beforeOperation = () => Promise.resolve()
    expect(state.positions().size).toBe(0)
    await state.checkpoint()
    expect(state.uncheckpointedBytes).toBe(0)
    expect(state.positions()).toEqual(positions(1))
  })

  it('writes nothing of rows that came and went since the last', async () => {
    const database = new MemoryDatabase()
    const deleted: string[] = []
    const batch = database.batch.bind(database)
    database.batch = () => {
      const opened = batch()
      const remove = opened.delete.bind(opened)
      opened.delete = (key) => {
        deleted.push(key.at(-1)!)
        remove(key)
      }
      return opened
    }
    const cacheBudget = new CacheBudget(1_000_000)
    const state = await TaskState.open({ database, stores: [plain], cacheBudget })
    const store = state.store<string>('plain')
    await committed(state, 1, () => {
      for (const key of ['a', 'b']) store.put(key, key)
    })
    await committed(state, 2, () => store.delete('a'))
    await state.checkpoint()
    await committed(state, 3, () => {
      for (const key of ['a', 'b']) store.delete(key)
    })
    await state.checkpoint()
    expect(deleted).toEqual(['b'])
    expect(await state.view.scan('plain', { prefix: '', limit: 10 })).toEqual([])
  })

  it('renews positions where nothing was written', async () => {
    const disk = new MemoryDisk()
    const state = await openOn(disk)
    await state.checkpoint()
    sent(state)
    state.commitSucceeded(positions(7))
    await state.checkpoint()
    await state.close()
    expect((await openOn(disk)).positions()).toEqual(positions(7))
  })
})

describe('the disk', () => {
  it('keeps the rows of a store when stores are added, dropped and reordered', async () => {
    const disk = new MemoryDisk()
    const open = (...names: string[]) =>
      TaskState.open({
        database: new MemoryDatabase(disk),
        stores: names.map((name) => ({ name, codec: textCodec })),
        cacheBudget: new CacheBudget(1000),
      })
    const fill = async (state: TaskState, name: string) => {
      await record(state, () => state.store<string>(name).put('k', name))
      sent(state)
      state.commitSucceeded(new Map([[name, at(1)]]))
      await state.checkpoint()
      await state.close()
    }
    await fill(await open('one', 'two'), 'one')
    await fill(await open('three', 'two'), 'three')
    await fill(await open('zwölf', 'two'), 'zwölf')
    const state = await open('two', 'zwölf', 'three', 'one')
    for (const name of ['one', 'three', 'zwölf']) {
      expect(await state.view.get(name, 'k')).toBe(name)
      expect(state.positions().get(name)).toEqual(at(1))
    }
    expect(await state.view.get('two', 'k')).toBe(undefined)
    expect(state.positions().size).toBe(3)
  })

  it('takes rows of a changelog with the position after them', async () => {
    const disk = new MemoryDisk()
    const state = await openOn(disk)
    const rows = [
      { key: 'a', value: encoded('1') },
      { key: 'b', value: encoded('2') },
      { key: 'a', value: encoded('3') },
      { key: 'b', value: null },
    ]
    await state.restore('plain', rows, at(9))
    await state.restore('grouped', [], at(2))
    await state.close()
    const next = await openOn(disk)
    expect(await next.view.scan('plain', { prefix: '', limit: 10 })).toEqual([['a', '3']])
    expect(next.positions().get('plain')).toEqual(at(9))
    expect(next.positions().get('grouped')).toEqual(at(2))
  })

  it('is wiped of one store or of all, positions too', async () => {
    const disk = new MemoryDisk()
    const state = await openOn(disk)
    await committed(state, 1, () => {
      state.store<string>('plain').put('a', '1')
      state.store<string>('grouped').put('x/a', '1')
    })
    await state.checkpoint()
    await state.wipe('plain')
    expect([...state.positions().keys()]).toEqual(['grouped'])
    expect(await state.view.get('plain', 'a')).toBe(undefined)
    expect(await state.view.get('grouped', 'x/a')).toBe('1')
    await state.wipe()
    expect(state.positions().size).toBe(0)
    await state.close()
    const next = await openOn(disk)
    expect(await next.view.get('grouped', 'x/a')).toBe(undefined)
    expect(next.positions().size).toBe(0)
  })
})
