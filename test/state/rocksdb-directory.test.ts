import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import RocksDB from 'rocksdb-native'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateFormatError, StateWriteError } from '../../state/errors.ts'
import { RocksDbDatabase } from '../../state/rocksdb-database.ts'
import { putAll, rowsOf } from '../contract/task-database.ts'

describe('a RocksDB directory', () => {
  let parent: string
  let directory: string

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'rocksdb-directory-'))
    directory = join(parent, 'state', '0_3')
  })

  afterEach(async () => {
    await rm(parent, { recursive: true })
  })

  it('is created for its owner alone', async () => {
    const database = await RocksDbDatabase.open(directory)
    await database.close()
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
  })

  it('is refused untouched when it holds files of something else', async () => {
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, 'thesis.txt'), 'years of work')
    await expect(RocksDbDatabase.open(directory)).rejects.toThrow(StateFormatError)
    await expect(RocksDbDatabase.open(directory)).rejects.toThrow('it holds thesis.txt')
    expect(await readdir(directory)).toEqual(['thesis.txt'])
  })

  it('is refused when it is the database of something else', async () => {
    const foreign = new RocksDB(directory)
    await mkdir(directory, { recursive: true })
    await foreign.ready()
    const write = foreign.write({ autoDestroy: true })
    write.tryPut(Buffer.from('a'), Buffer.from('1'))
    await write.flush()
    await foreign.close()
    await expect(RocksDbDatabase.open(directory)).rejects.toThrow(/by something else, not/)
    await expect(RocksDbDatabase.open(directory)).rejects.toThrow(StateFormatError)
  })

  it('is refused when its format has another name or version, saying what to do', async () => {
    const open = async (name: string, version: number) => {
      const database = await RocksDbDatabase.open(directory, { format: { name, version } })
      await database.close()
    }
    await open('state', 2)
    await open('state', 2)
    await expect(open('log', 2)).rejects.toThrow(StateFormatError)
    await expect(open('log', 2)).rejects.toThrow('was written by state, not log')
    await expect(open('state', 1)).rejects.toThrow('newer than this program: run the newer one')
    await expect(open('state', 3)).rejects.toThrow('does not read it any more')
    await open('state', 2)
  })

  it('is taken as new where its creation was cut short', async () => {
    await mkdir(directory, { recursive: true })
    for (const name of ['LOCK', 'LOG', 'IDENTITY', 'MANIFEST-000001', '000001.dbtmp']) {
      await writeFile(join(directory, name), '')
    }
    const database = await RocksDbDatabase.open(directory)
    await putAll(database, { a: '1' })
    expect(await rowsOf(database)).toEqual([['a', '1']])
    await database.close()
  })

  it('that cannot be created is a write error, not damage', async () => {
    await writeFile(join(parent, 'state'), 'a file in the way')
    await expect(RocksDbDatabase.open(directory)).rejects.toThrow(StateWriteError)
    await expect(RocksDbDatabase.open(join(parent, 'state'))).rejects.toThrow(StateWriteError)
  })
})
