import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { StateWriteError } from '../../state/errors.ts'
import { RocksDbDatabase } from '../../state/rocksdb-database.ts'

/** A small disk of its own; null where this process may not mount one. */
function mountSmallDisk(): string | null {
  const directory = mkdtempSync(join(tmpdir(), 'rocksdb-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', directory], {
      stdio: 'ignore',
    })
    return directory
  } catch {
    rmdirSync(directory)
    return null
  }
}

const disk = mountSmallDisk()

/** Fails by name what a full disk keeps from ending. */
async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} does not end`)), 20_000)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

describe.skipIf(disk === null)('RocksDbDatabase on a full disk', () => {
  afterAll(() => {
    // Lazily, so that a database left open by a failed test does not keep it.
    execFileSync('umount', ['--lazy', disk!])
    rmdirSync(disk!)
  })

  it('refuses a batch whole, still reads, and goes on once there is room', async () => {
    const ballast = join(disk!, 'ballast')
    writeFileSync(ballast, Buffer.alloc(16 * 1024 * 1024))
    const directory = join(disk!, 'state')
    const options = { writeBufferSizeBytes: 4 * 1024 * 1024 }
    const database = await RocksDbDatabase.open(directory, options)
    let acknowledged = 0
    const write = async (to: RocksDbDatabase, n: number): Promise<void> => {
      const batch = to.batch()
      for (let row = 0; row < 100; row++) batch.put(`${n}/${row}`, Buffer.alloc(4000, n + row))
      await soon('a commit', batch.commit())
      acknowledged = n
    }
    const writeAll = async (): Promise<void> => {
      for (let n = 1; n < 1000; n++) await write(database, n)
    }
    await expect(writeAll()).rejects.toThrow(StateWriteError)
    expect(acknowledged).toBeGreaterThan(10)
    const refused = acknowledged + 1
    await expect(write(database, refused)).rejects.toThrow(/No space left on device/)

    const keys = ['1/0', `${acknowledged}/99`, `${refused}/0`, `${refused}/99`]
    const present = async (from: RocksDbDatabase): Promise<boolean[]> =>
      (await soon('a read', from.getMany(keys))).map((value) => value !== null)
    expect(await present(database)).toEqual([true, true, false, false])
    await soon('closing', database.close())

    rmSync(ballast)
    const again = await soon('opening', RocksDbDatabase.open(directory, options))
    expect(await present(again)).toEqual([true, true, false, false])
    await write(again, refused)
    expect(await present(again)).toEqual([true, true, true, true])
    await soon('closing', again.close())
  })
})
