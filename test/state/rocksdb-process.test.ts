import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StateLockedError } from '../../state/errors.ts'
import { RocksDbDatabase } from '../../state/rocksdb-database.ts'
import { compileProgram, type CompiledProgram } from '../support/compiled-program.ts'

describe('a RocksDB directory and another process', { timeout: 120_000 }, () => {
  let program: CompiledProgram
  let directory: string

  beforeAll(async () => {
    program = await compileProgram('test/state/rocksdb-child.ts')
    directory = await mkdtemp(join(tmpdir(), 'rocksdb-process-'))
  }, 120_000)

  afterAll(async () => {
    await program.dispose()
    await rm(directory, { recursive: true })
  })

  function start(mode: 'hold' | 'write'): ChildProcessByStdio<null, Readable, null> {
    return spawn(process.execPath, [program.file, directory, mode], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  async function kill(child: ChildProcess): Promise<void> {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  it('is refused while the other holds it, and free once that is killed', async () => {
    const child = start('hold')
    await once(child.stdout, 'data')
    const refused = RocksDbDatabase.open(directory)
    await expect(refused).rejects.toThrow(StateLockedError)
    await expect(refused).rejects.toThrow(`${directory} is in use by another process`)
    await kill(child)
    await (await RocksDbDatabase.open(directory)).close()
  })

  it('holds whole batches up to the last acknowledged one, wherever the other was killed', async () => {
    for (let round = 0; round < 8; round++) {
      const child = start('write')
      const lines: string[] = []
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line)
        if (lines.length > 3 + round * 17) break
      }
      await kill(child)
      const acknowledged = Number(lines.at(-1))
      const database = await RocksDbDatabase.open(directory)
      const found = new Set<number>()
      let rows = 0
      for await (const page of database.range('position', undefined)) {
        for (const [, value] of page) found.add(value.readUInt32BE(0))
        rows += page.length
      }
      await database.close()
      expect(rows).toBe(201)
      expect(found.size).toBe(1)
      expect([...found][0]).toBeGreaterThanOrEqual(acknowledged)
    }
  })
})
