import { describe, expect, it } from 'vitest'
import { CacheBudget } from '../../state/cache-budget.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import type { TaskDatabase } from '../../state/task-database.ts'
import { TaskState } from '../../state/task-state.ts'
import { StoreMiss } from '../../topology/store.ts'
import { committed, grouped, openOn, record } from '../support/small-task-state.ts'

describe('groups', () => {
  it('are read once a batch, newer rows in memory included', async () => {
    const disk = new MemoryDisk()
    const state = await openOn(disk)
    const store = state.store<string>('grouped')
    await committed(state, 1, () => {
      for (const key of ['x/b', 'x/a', 'x/c', 'x/y/d', 'y/a']) store.put(key, key)
    })
    await state.checkpoint()
    await committed(state, 2, () => {
      store.put('x/0', 'new')
      store.delete('x/b')
    })
    let rows: unknown
    const read = () => {
      rows = store.group('x/').map(([key, value]) => `${key}=${value}`)
    }
    expect(await record(state, read)).toBe(1)
    expect(rows).toEqual(['x/0=new', 'x/a=x/a', 'x/c=x/c', 'x/y/d=x/y/d'])
    expect(await record(state, read)).toBe(0)
    await record(state, () => {
      store.put('x/z', '1')
      store.delete('x/a')
      read()
    })
    expect(rows).toEqual(['x/0=new', 'x/c=x/c', 'x/y/d=x/y/d', 'x/z=1'])
    state.begin()
    store.put('x/q', '1')
    store.put('x/c', '2')
    state.rollback()
    expect(await record(state, read)).toBe(0)
    expect(rows).toEqual(['x/0=new', 'x/c=x/c', 'x/y/d=x/y/d', 'x/z=1'])
    expect(await record(state, () => expect(store.get('x/unheard')).toBe(undefined))).toBe(0)
    state.endBatch()
    expect(await record(state, read)).toBe(1)
    expect(rows).toEqual(['x/0=new', 'x/c=x/c', 'x/y/d=x/y/d', 'x/z=1'])
  })

  it('of which the disk has no rows are answered from memory, also what is taken back', async () => {
    const state = await openOn(new MemoryDisk())
    const store = state.store<string>('grouped')
    await committed(state, 1, () => store.put('x/a', 'x'))
    await state.checkpoint()
    state.endBatch()
    const keys = (group: string) => store.group(group).map(([key]) => key)
    await record(state, () => store.put('y/a', 'y'))
    expect(await record(state, () => expect(keys('y/')).toEqual(['y/a']))).toBe(0)
    state.begin()
    store.put('z/a', 'z')
    expect(keys('z/')).toEqual(['z/a'])
    store.put('z/b', 'z')
    expect(keys('z/')).toEqual(['z/a', 'z/b'])
    state.rollback()
    expect(await record(state, () => expect(keys('z/')).toEqual([]))).toBe(0)
    expect(await record(state, () => expect(keys('x/')).toEqual(['x/a']))).toBe(1)
  })

  it('asked for together are one miss together', async () => {
    const disk = new MemoryDisk()
    const first = await openOn(disk)
    await committed(first, 1, () => {
      for (const key of ['x/a', 'x/b', 'y/a']) first.store<string>('grouped').put(key, key)
    })
    await first.checkpoint()
    await first.close()
    const state = await openOn(disk)
    let rows: unknown
    const read = () => {
      const groups = state.store<string>('grouped').groupAll(['y/', 'none/', 'x/'])
      rows = groups.map((group) => group.map(([key]) => key))
    }
    expect(await record(state, read)).toBe(1)
    expect(rows).toEqual([['y/a'], [], ['x/a', 'x/b']])
  })

  it('are refused by a store that has none', async () => {
    const state = await openOn(new MemoryDisk())
    expect(() => state.store('plain').group('x')).toThrow(TypeError)
    expect(() => state.touch.group('plain', 'x')).toThrow(TypeError)
  })

  it('are not lost by a checkpoint that ends while they are read', async () => {
    const database = new MemoryDatabase()
    let letReadOn = (): void => undefined
    const readOn = new Promise<void>((resolve) => (letReadOn = resolve))
    const slow: TaskDatabase = {
      getMany: (keys) => database.getMany(keys),
      batch: () => database.batch(),
      snapshot: () => database.snapshot(),
      flush: () => database.flush(),
      metrics: () => database.metrics(),
      close: () => database.close(),
      async *range(gte, lt, options) {
        yield* database.range(gte, lt, options)
        if (gte.includes('x')) await readOn
      },
    }
    const state = await TaskState.open({
      database: slow,
      stores: [grouped],
      cacheBudget: new CacheBudget(1000),
    })
    const store = state.store<string>('grouped')
    await committed(state, 1, () => store.put('x/a', '1'))
    expect(() => store.group('x/')).toThrow(StoreMiss)
    const fetched = state.fetchMissing()
    await Promise.resolve()
    await state.checkpoint()
    letReadOn()
    await fetched
    expect(store.group('x/')).toEqual([['x/a', '1']])
  })
})
