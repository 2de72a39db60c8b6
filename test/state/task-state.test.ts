import { describe, expect, it } from 'vitest'
import { UnknownStoreError } from '../../state/errors.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import type { TaskDatabase } from '../../state/task-database.ts'
import { TaskState, type ChangelogPosition } from '../../state/task-state.ts'
import { StoreMiss, type StoreSpec } from '../../topology/store.ts'
import { textCodec } from '../support/text-codec.ts'

const plain: StoreSpec<string> = { name: 'plain', codec: textCodec }
const grouped: StoreSpec<string> = {
  name: 'grouped',
  codec: textCodec,
  groupOf: (key) => key.slice(0, key.indexOf('/') + 1),
}

function at(offset: number): ChangelogPosition {
  return { topicId: 'T', partition: 3, offset, brokerTimeMs: 1000 + offset }
}

function positions(offset: number): Map<string, ChangelogPosition> {
  return new Map([
    ['plain', at(offset)],
    ['grouped', at(offset)],
  ])
}

function openOn(disk: MemoryDisk, cacheBytesMax = 1_000_000): Promise<TaskState> {
  return TaskState.open({
    database: new MemoryDatabase(disk),
    stores: [plain, grouped],
    cacheBytesMax,
  })
}

/** Runs a record as the executor does: again after each miss. */
async function record(state: TaskState, effect: () => void): Promise<number> {
  for (let misses = 0; ; misses++) {
    state.begin()
    try {
      effect()
      state.commit()
      return misses
    } catch (error) {
      state.rollback()
      if (!(error instanceof StoreMiss)) throw error
      await state.fetchMissing()
    }
  }
}

function encoded(value: string): Buffer {
  return Buffer.concat([Buffer.of(1, value.length), Buffer.from(value)])
}

type Emitted = [store: string, key: string, value: string | null]

function sent(state: TaskState): Emitted[] {
  const rows: Emitted[] = []
  state.beginCommit((store, key, value) => {
    rows.push([store, key, value && value.subarray(2).toString()])
  })
  return rows
}

async function committed(state: TaskState, offset: number, effect: () => void): Promise<void> {
  await record(state, effect)
  sent(state)
  state.commitSucceeded(positions(offset))
}

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
    const state = await TaskState.open({ database: slow, stores: [grouped], cacheBytesMax: 1000 })
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

describe('the disk', () => {
  it('keeps the rows of a store when stores are added, dropped and reordered', async () => {
    const disk = new MemoryDisk()
    const open = (...names: string[]) =>
      TaskState.open({
        database: new MemoryDatabase(disk),
        stores: names.map((name) => ({ name, codec: textCodec })),
        cacheBytesMax: 1000,
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
