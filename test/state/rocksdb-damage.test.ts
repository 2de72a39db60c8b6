import { cp, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StateCorruptedError } from '../../state/errors.ts'
import { RocksDbDatabase } from '../../state/rocksdb-database.ts'
import { rowsOf } from '../contract/task-database.ts'

/**
 * What damaged files may do to a database. Batch n puts row n, and n as `position`: so a database
 * that opens tells by its position which rows it must hold, and everything else is garbage.
 *
 * RocksDB keeps a checksum of every block of a table, of every log record and of every manifest
 * record. A damaged table or manifest is an error when it is read; a damaged log ends there, which
 * is a clean prefix. A manifest cut between records passes every checksum and loses tables: the
 * marks of write-marks.ts find that out.
 */
const FLUSHED = 20
const BATCHES = 40

type Outcome = { damaged: true } | { damaged: false; position: number }

describe('a damaged RocksDB directory', { timeout: 120_000 }, () => {
  let parent: string
  let files: string[]

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'rocksdb-damage-'))
    const database = await RocksDbDatabase.open(join(parent, 'sound'))
    for (let n = 1; n <= BATCHES; n++) {
      const batch = database.batch()
      batch.put(`row${String(n).padStart(3, '0')}`, Buffer.alloc(3000, n))
      batch.put('position', Buffer.from(String(n)))
      await batch.commit()
      if (n === FLUSHED) await database.flush()
    }
    await database.close()
    files = await readdir(join(parent, 'sound'))
  })

  afterAll(async () => {
    await rm(parent, { recursive: true })
  })

  /** Opens a copy with one file changed; fails the test if what it holds is not a prefix. */
  async function outcomeOf(damage: (directory: string) => Promise<void>): Promise<Outcome> {
    const directory = join(parent, 'copy')
    await rm(directory, { recursive: true, force: true })
    await cp(join(parent, 'sound'), directory, { recursive: true })
    await damage(directory)
    let database: RocksDbDatabase | null = null
    try {
      database = await RocksDbDatabase.open(directory)
      const rows = await rowsOf(database)
      const position = Number(rows.find(([key]) => key === 'position')?.[1] ?? 0)
      const expected: [string, string][] = position === 0 ? [] : [['position', String(position)]]
      for (let n = 1; n <= position; n++) {
        expected.push([`row${String(n).padStart(3, '0')}`, String.fromCharCode(n).repeat(3000)])
      }
      expect(rows).toEqual(expected)
      return { damaged: false, position }
    } catch (error) {
      if (!(error instanceof StateCorruptedError)) throw error
      return { damaged: true }
    } finally {
      await database?.close()
    }
  }

  const named = (pattern: RegExp): string[] => files.filter((name) => pattern.test(name))

  async function flip(file: string, at: number): Promise<void> {
    const handle = await open(file, 'r+')
    const byte = Buffer.alloc(1)
    await handle.read(byte, 0, 1, at)
    byte[0]! ^= 0x55
    await handle.write(byte, 0, 1, at)
    await handle.close()
  }

  it('without a table, a manifest or CURRENT is reported as damaged', async () => {
    const needed = named(/\.sst$|^MANIFEST|^CURRENT$/)
    expect(needed.length).toBeGreaterThanOrEqual(4)
    for (const name of needed) {
      expect([name, await outcomeOf((d) => rm(join(d, name)))]).toEqual([name, { damaged: true }])
    }
  })

  it('with a truncated table or CURRENT is reported as damaged', async () => {
    for (const name of named(/\.sst$|^CURRENT$/)) {
      const { length } = await readFile(join(parent, 'sound', name))
      const outcome = await outcomeOf((d) => truncate(join(d, name), length >> 1))
      expect([name, outcome]).toEqual([name, { damaged: true }])
    }
  })

  it('with a manifest cut anywhere is reported as damaged, or lacks nothing', async () => {
    const [manifest = ''] = named(/^MANIFEST/)
    const { length } = await readFile(join(parent, 'sound', manifest))
    let damaged = 0
    for (let at = 0; at < length; at += 11) {
      const outcome = await outcomeOf((d) => truncate(join(d, manifest), at))
      if (outcome.damaged) damaged++
      else expect([at, outcome.position]).toEqual([at, BATCHES])
    }
    expect(damaged).toBeGreaterThan(length / 22)
  })

  it('with a flipped byte anywhere is reported as damaged, or holds a clean prefix', async () => {
    for (const name of named(/\.sst$|^MANIFEST|^CURRENT$|\.log$/)) {
      const { length } = await readFile(join(parent, 'sound', name))
      const outcomes: Outcome[] = []
      // A damaged table makes RocksDB wait a second before it closes.
      const flips = name.endsWith('.sst') ? 5 : 24
      for (let i = 0; i < flips && length > 0; i++) {
        const at = Math.floor((i * length) / flips)
        outcomes.push(await outcomeOf((d) => flip(join(d, name), at)))
      }
      for (const outcome of outcomes) {
        if (outcome.damaged) continue
        // Only the log may cost rows, and never those flushed before it.
        const least = name.endsWith('.log') ? FLUSHED : BATCHES
        expect([name, outcome.position]).toSatisfy(([, p]: [string, number]) => p >= least)
      }
    }
  })

  it('without its log, or with a part of it, holds what was flushed and a clean prefix', async () => {
    const [log = ''] = named(/\.log$/)
    const { length } = await readFile(join(parent, 'sound', log))
    expect(length).toBeGreaterThan(FLUSHED * 3000)
    expect(await outcomeOf((d) => rm(join(d, log)))).toEqual({ damaged: false, position: FLUSHED })
    let longest = FLUSHED
    for (const part of [0, 0.1, 0.5, 0.9, 0.999]) {
      const outcome = await outcomeOf((d) => truncate(join(d, log), Math.floor(length * part)))
      if (outcome.damaged) throw new Error('a truncated log is not damage')
      expect(outcome.position).toBeGreaterThanOrEqual(longest)
      longest = outcome.position
    }
    expect(longest).toBe(BATCHES - 1)
  })

  it('without the files that only inform holds everything', async () => {
    for (const name of named(/^(LOG|OPTIONS|IDENTITY|LOCK|SESSION_ID)/)) {
      for (const damage of [rm, (file: string) => writeFile(file, 'garbage')]) {
        const outcome = await outcomeOf((d) => damage(join(d, name)))
        expect([name, outcome]).toEqual([name, { damaged: false, position: BATCHES }])
      }
    }
  })
})
