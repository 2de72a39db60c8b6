import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ByteString } from '../../bytes/byte-string.ts'
import { StateClosedError, StateLockedError } from '../../state/errors.ts'
import type { DatabaseReader, TaskDatabase } from '../../state/task-database.ts'

/** A place that databases are opened on, one after another. */
export interface DatabasePlace {
  open(): Promise<TaskDatabase>
  destroy(): Promise<void>
}

/** Rows of a range in one list, values as text. */
export async function rowsOf(
  reader: DatabaseReader,
  gte: ByteString = '',
  lt?: ByteString,
  options?: { reverse?: boolean; limit?: number },
): Promise<[ByteString, string][]> {
  const rows: [ByteString, string][] = []
  for await (const page of reader.range(gte, lt, options)) {
    for (const [key, value] of page) rows.push([key, value.toString('latin1')])
  }
  return rows
}

export async function putAll(
  database: TaskDatabase,
  rows: Readonly<Record<ByteString, string | null>>,
): Promise<void> {
  const batch = database.batch()
  for (const [key, value] of Object.entries(rows)) {
    if (value === null) batch.delete(key)
    else batch.put(key, Buffer.from(value, 'latin1'))
  }
  await batch.commit()
}

/** What every {@link TaskDatabase} promises (D1–D6), checked on a fresh place for each case. */
export function describeTaskDatabase(name: string, newPlace: () => Promise<DatabasePlace>): void {
  describe(`${name} as a task database`, () => {
    let place: DatabasePlace
    let database: TaskDatabase

    beforeEach(async () => {
      place = await newPlace()
      database = await place.open()
    })

    afterEach(async () => {
      await database.close()
      await place.destroy()
    })

    const text = async (keys: ByteString[]): Promise<(string | null)[]> =>
      (await database.getMany(keys)).map((value) => value && value.toString('latin1'))

    describe('rows', () => {
      it('are absent at first', async () => {
        expect(await text(['a', 'b'])).toEqual([null, null])
        expect(await rowsOf(database)).toEqual([])
        expect(await database.getMany([])).toEqual([])
      })

      it('come back in the order of the keys asked for, doubles included', async () => {
        await putAll(database, { a: '1', b: '2' })
        expect(await text(['b', 'x', 'a', 'b'])).toEqual(['2', null, '1', '2'])
      })

      it('tell an empty value from an absent one', async () => {
        await putAll(database, { a: '' })
        expect(await text(['a', 'b'])).toEqual(['', null])
      })

      it('hold every byte in keys and values', async () => {
        const bytes = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')
        await putAll(database, { [`\u0001${bytes}`]: bytes })
        expect(await rowsOf(database)).toEqual([[`\u0001${bytes}`, bytes]])
      })

      it('are replaced and deleted', async () => {
        await putAll(database, { a: '1', b: '2' })
        await putAll(database, { a: '3', b: null, c: null })
        expect(await rowsOf(database)).toEqual([['a', '3']])
      })

      it('survive closing and opening', async () => {
        await putAll(database, { a: '1' })
        await database.close()
        database = await place.open()
        expect(await text(['a'])).toEqual(['1'])
      })

      it('take no key below 0x01', () => {
        const batch = database.batch()
        expect(() => batch.put('\u0000x', Buffer.alloc(1))).toThrow(RangeError)
        expect(() => batch.delete('')).toThrow(RangeError)
        batch.discard()
      })
    })

    describe('ranges', () => {
      const letters = { a: '1', b: '2', c: '3', d: '4' }

      it('hold the first bound and not the last', async () => {
        await putAll(database, letters)
        expect(await rowsOf(database, 'b', 'd')).toEqual([
          ['b', '2'],
          ['c', '3'],
        ])
        expect(await rowsOf(database, 'c')).toEqual([
          ['c', '3'],
          ['d', '4'],
        ])
      })

      it('are empty where the bounds leave nothing', async () => {
        await putAll(database, letters)
        expect(await rowsOf(database, 'b', 'b')).toEqual([])
        expect(await rowsOf(database, 'c', 'a')).toEqual([])
        expect(await rowsOf(database, '', '')).toEqual([])
        expect(await rowsOf(database, 'a', 'z', { limit: 0 })).toEqual([])
      })

      it('go backwards and stop at the limit', async () => {
        await putAll(database, letters)
        expect(await rowsOf(database, 'a', 'd', { reverse: true, limit: 2 })).toEqual([
          ['c', '3'],
          ['b', '2'],
        ])
        expect(await rowsOf(database, 'b', undefined, { limit: 2 })).toEqual([
          ['b', '2'],
          ['c', '3'],
        ])
      })

      it('are in byte order across pages', async () => {
        const keys = Array.from({ length: 1000 }, (_, i) =>
          String.fromCharCode(1 + (i % 250), (i * 7) % 256, i >> 8),
        )
        await putAll(database, Object.fromEntries(keys.map((key) => [key, key])))
        const found = (await rowsOf(database)).map(([key]) => key)
        expect(found).toEqual([...new Set(keys)].sort((a, b) => (a < b ? -1 : 1)))
      })

      it('show the moment they began, whatever is written meanwhile', async () => {
        const keys = Array.from({ length: 600 }, (_, i) => `k${String(i).padStart(4, '0')}`)
        await putAll(database, Object.fromEntries(keys.map((key) => [key, 'old'])))
        const found: string[] = []
        for await (const page of database.range('k', 'l')) {
          if (found.length === 0) {
            await putAll(database, { k0599: null, k0598: 'new', k9999: 'new' })
          }
          for (const [key, value] of page) found.push(`${key}${value.toString()}`)
        }
        expect(found).toEqual(keys.map((key) => `${key}old`))
      })

      it('may be left early', async () => {
        await putAll(
          database,
          Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`k${i}`, 'v'])),
        )
        for await (const page of database.range('k', 'l')) {
          expect(page.length).toBeGreaterThan(0)
          break
        }
        await database.close()
      })
    })

    describe('batches', () => {
      it('show nothing before they are committed, nor when discarded', async () => {
        const batch = database.batch()
        batch.put('a', Buffer.from('1'))
        expect(batch.size).toBe(1)
        expect(await text(['a'])).toEqual([null])
        batch.discard()
        batch.discard()
        expect(await text(['a'])).toEqual([null])
        await expect(batch.commit()).rejects.toThrow(StateClosedError)
      })

      it('may be filled over several turns', async () => {
        const batch = database.batch()
        for (let i = 0; i < 50; i++) {
          batch.put(`k${i}`, Buffer.from(String(i)))
          await Promise.resolve()
        }
        await batch.commit()
        batch.discard()
        expect(await text(['k0', 'k49'])).toEqual(['0', '49'])
      })

      it('apply operations in their order', async () => {
        await putAll(database, { a: '1', b: '2', c: '3' })
        const batch = database.batch()
        batch.put('aa', Buffer.from('4'))
        batch.deleteRange('a', 'c')
        batch.put('b', Buffer.from('5'))
        batch.put('c', Buffer.from('6'))
        batch.delete('c')
        batch.deleteRange('x', 'b')
        await batch.commit()
        expect(await rowsOf(database)).toEqual([['b', '5']])
      })

      it('apply in the order in which they were committed', async () => {
        const commits: Promise<void>[] = []
        for (let i = 0; i < 100; i++) {
          const batch = database.batch()
          batch.put('last', Buffer.from(String(i)))
          for (let j = i; j < 100; j++) batch.put(`filler${j}`, Buffer.from(String(i)))
          commits.push(batch.commit())
        }
        await Promise.all(commits)
        expect(await text(['last', 'filler0', 'filler99'])).toEqual(['99', '0', '99'])
      })

      it('may be empty', async () => {
        await database.batch().commit()
        expect(await rowsOf(database)).toEqual([])
      })
    })

    describe('snapshots', () => {
      it('see their moment only', async () => {
        await putAll(database, { a: '1', b: '2' })
        const snapshot = database.snapshot()
        await putAll(database, { a: '3', b: null, c: '4' })
        expect(await rowsOf(snapshot)).toEqual([
          ['a', '1'],
          ['b', '2'],
        ])
        expect((await snapshot.getMany(['a', 'c'])).map(String)).toEqual(['1', 'null'])
        expect(await rowsOf(database)).toEqual([
          ['a', '3'],
          ['c', '4'],
        ])
        await snapshot.close()
        await snapshot.close()
        await expect(snapshot.getMany(['a'])).rejects.toThrow(StateClosedError)
        await expect(rowsOf(snapshot)).rejects.toThrow(StateClosedError)
      })
    })

    describe('owners and closing', () => {
      it('refuse a second owner while the first is open', async () => {
        await expect(place.open()).rejects.toThrow(StateLockedError)
        await putAll(database, { a: '1' })
      })

      it('refuse calls once closing began', async () => {
        const batch = database.batch()
        const closing = database.close()
        await expect(database.getMany(['a'])).rejects.toThrow(StateClosedError)
        await expect(rowsOf(database)).rejects.toThrow(StateClosedError)
        await expect(batch.commit()).rejects.toThrow(StateClosedError)
        await expect(database.flush()).rejects.toThrow(StateClosedError)
        expect(() => database.batch()).toThrow(StateClosedError)
        expect(() => database.snapshot()).toThrow(StateClosedError)
        await closing
        await database.close()
      })

      it('finish the calls under way', async () => {
        await putAll(database, { a: '1' })
        const read = text(['a'])
        const batch = database.batch()
        batch.put('b', Buffer.from('2'))
        const written = batch.commit()
        await database.close()
        expect(await read).toEqual(['1'])
        await written
        database = await place.open()
        expect(await text(['b'])).toEqual(['2'])
      })

      it('end open snapshots, batches and ranges, and say so to a reader', async () => {
        await putAll(
          database,
          Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, 'v'])),
        )
        database.snapshot()
        database.batch().put('x', Buffer.from('1'))
        const pages = database.range('k', 'l')[Symbol.asyncIterator]()
        expect((await pages.next()).done).toBe(false)
        await database.close()
        await expect(
          (async () => {
            while ((await pages.next()).done !== true);
          })(),
        ).rejects.toThrow(StateClosedError)
        database = await place.open()
        expect(await text(['x'])).toEqual([null])
      })
    })

    it('reports metrics as numbers', async () => {
      await putAll(database, { a: '1' })
      await database.flush()
      const metrics = await database.metrics()
      expect(metrics['rows_estimated']).toBeGreaterThanOrEqual(1)
      for (const value of Object.values(metrics)) expect(value).not.toBeNaN()
    })

    it('equals an ordered map over any sequence of batches', async () => {
      const key = fc.string({
        unit: fc.constantFrom('\u0001', 'a', 'b', '\u00ff'),
        minLength: 1,
        maxLength: 3,
      })
      const operation = fc.oneof(
        fc.record({ put: key, value: fc.string({ maxLength: 3 }) }),
        fc.record({ delete: key }),
        fc.record({ from: key, to: key }),
      )
      const batches = fc.array(fc.array(operation, { maxLength: 8 }), { maxLength: 8 })
      await fc.assert(
        fc.asyncProperty(batches, async (steps) => {
          const model = new Map((await rowsOf(database)).map(([k, v]) => [k, v]))
          for (const operations of steps) {
            const batch = database.batch()
            for (const step of operations) {
              if ('put' in step) {
                const value = Buffer.from(step.value, 'latin1')
                batch.put(step.put, value)
                model.set(step.put, value.toString('latin1'))
              } else if ('delete' in step) {
                batch.delete(step.delete)
                model.delete(step.delete)
              } else {
                batch.deleteRange(step.from, step.to)
                for (const k of model.keys()) if (k >= step.from && k < step.to) model.delete(k)
              }
            }
            await batch.commit()
          }
          const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
          expect(await rowsOf(database)).toEqual(expected)
          expect(await rowsOf(database, '', undefined, { reverse: true })).toEqual(
            expected.reverse(),
          )
        }),
        { numRuns: 60 },
      )
    })
  })
}
