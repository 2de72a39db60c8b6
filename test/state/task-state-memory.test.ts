import { describe, expect, it } from 'vitest'
import { CacheBudget } from '../../state/cache-budget.ts'
import { UnknownStoreError } from '../../state/errors.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import { TaskState } from '../../state/task-state.ts'
import { committed, openOn, plain, record } from '../support/small-task-state.ts'

describe('the cache', () => {
  it('shrinks to its bound, keeping what is not on disk', async () => {
    const state = await openOn(new MemoryDisk(), 5_000)
    const store = state.store<string>('plain')
    await committed(state, 1, () => {
      for (let i = 0; i < 100; i++) store.put(`k${i}`, String(i))
    })
    state.endBatch()
    expect(state.cachedBytes).toBeGreaterThan(15_000)
    await state.checkpoint()
    state.endBatch()
    expect(state.cachedBytes).toBeLessThanOrEqual(5_000)
    let sum = 0
    const sumUp = () => {
      sum = 0
      for (let i = 0; i < 100; i++) sum += Number(store.get(`k${i}`))
    }
    for (let i = 0; i < 100; i++) state.touch.key('plain', `k${i}`)
    expect(state.hasMissing).toBe(true)
    await state.fetchMissing()
    expect(state.hasMissing).toBe(false)
    expect(await record(state, sumUp)).toBe(0)
    expect(sum).toBe(4950)
  })

  it('lets go of what is used least', async () => {
    const state = await openOn(new MemoryDisk(), 5_000)
    const store = state.store<string>('plain')
    await committed(state, 1, () => store.put('hot', '1'))
    await state.checkpoint()
    for (let i = 0; i < 200; i++) {
      const key = `cold${i}`
      await record(state, () => {
        expect(store.get('hot')).toBe('1')
        store.get(key)
      })
      state.endBatch()
    }
    expect(await record(state, () => expect(store.get('hot')).toBe('1'))).toBe(0)
  })
})

describe('the cache, of keys written only', () => {
  it('lets them go before those that are read', async () => {
    const state = await openOn(new MemoryDisk(), 5_000)
    const store = state.store<string>('plain')
    const read = ['r0', 'r1', 'r2']
    await committed(state, 1, () => {
      for (const key of read) store.put(key, 'x')
      for (let i = 0; i < 100; i++) store.put(`w${i}`, 'x')
    })
    await record(state, () => void store.getAll(read))
    await state.checkpoint()
    state.endBatch()
    expect(await record(state, () => void store.getAll(read))).toBe(0)
    expect(await record(state, () => void store.get('w0'))).toBe(1)
  })
})

describe('memory shared by several tasks', () => {
  const open = async (cacheBudget: CacheBudget) => {
    const state = await TaskState.open({
      database: new MemoryDatabase(),
      stores: [plain],
      cacheBudget,
    })
    const fill = async (keys: number) => {
      const store = state.store<string>('plain')
      await committed(state, 1, () => {
        for (let i = 0; i < keys; i++) store.put(`k${i}`, 'x')
      })
      await state.checkpoint()
      state.endBatch()
      return state.cachedBytes
    }
    return { state, fill }
  }

  it('is all for the one that needs it, until another does', async () => {
    const cacheBudget = new CacheBudget(10_000)
    const [busy, other] = [await open(cacheBudget), await open(cacheBudget)]
    await other.fill(1)
    expect(await busy.fill(100)).toBeGreaterThan(9_000)
    const held = await other.fill(20)
    expect(held).toBeGreaterThan(4_000)
    busy.state.endBatch()
    expect(busy.state.cachedBytes + held).toBeLessThanOrEqual(10_000)
    expect(cacheBudget.excessOf(busy.state)).toBe(0)
  })

  it('is given back by a task that is closed', async () => {
    const cacheBudget = new CacheBudget(10_000)
    const [gone, next] = [await open(cacheBudget), await open(cacheBudget)]
    await gone.fill(100)
    await gone.state.close()
    expect(await next.fill(100)).toBeGreaterThan(9_000)
  })
})

describe('a query', () => {
  it('pages through committed rows of memory and disk in key order', async () => {
    const state = await openOn(new MemoryDisk())
    const store = state.store<string>('plain')
    await committed(state, 1, () => {
      for (const key of ['a', 'b1', 'b2', 'b3', 'b5', 'c']) store.put(key, `old ${key}`)
    })
    await state.checkpoint()
    await committed(state, 2, () => {
      store.put('b0', 'new')
      store.delete('b2')
      store.put('b3', 'new')
      store.put('b4', 'new')
    })
    await record(state, () => store.put('b9', 'never seen'))
    const page = (after?: string) =>
      state.view.scan('plain', { prefix: 'b', limit: 2, ...(after === undefined ? {} : { after }) })
    expect(await page()).toEqual([
      ['b0', 'new'],
      ['b1', 'old b1'],
    ])
    expect(await page('b1')).toEqual([
      ['b3', 'new'],
      ['b4', 'new'],
    ])
    expect(await page('b4')).toEqual([['b5', 'old b5']])
    expect(await page('b5')).toEqual([])
  })

  it('shows one moment while commits and checkpoints happen', async () => {
    const state = await openOn(new MemoryDisk())
    const store = state.store<string>('plain')
    await committed(state, 1, () => {
      for (let i = 0; i < 600; i++) store.put(`k${String(i).padStart(3, '0')}`, 'old')
    })
    await state.checkpoint()
    const scanned = state.view.scan<string>('plain', { prefix: 'k', limit: 1000 })
    await committed(state, 2, () => {
      for (let i = 0; i < 600; i++) store.put(`k${String(i).padStart(3, '0')}`, 'new')
    })
    await state.checkpoint()
    const rows = await scanned
    expect(rows.length).toBe(600)
    expect(new Set(rows.map(([, value]) => value))).toEqual(new Set(['old']))
  })

  it('fills its page though newer deletions hide rows of the disk', async () => {
    const state = await openOn(new MemoryDisk())
    const store = state.store<string>('plain')
    await committed(state, 1, () => ['a', 'b', 'c', 'd'].forEach((key) => store.put(key, key)))
    await state.checkpoint()
    await committed(state, 2, () => ['a', 'b', 'c'].forEach((key) => store.delete(key)))
    expect(await state.view.scan('plain', { prefix: '', limit: 1 })).toEqual([['d', 'd']])
  })

  it('names a store that is not here', async () => {
    const state = await openOn(new MemoryDisk())
    await expect(state.view.get('nowhere', 'a')).rejects.toThrow(UnknownStoreError)
    await expect(state.view.scan('nowhere', { prefix: '', limit: 1 })).rejects.toThrow('nowhere')
  })
})
