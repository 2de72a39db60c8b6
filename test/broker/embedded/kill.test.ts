import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import { StateLockedError } from '../../../state/errors.ts'
import { RocksDbDatabase } from '../../../state/rocksdb-database.ts'
import { readValues } from '../../support/broker-records.ts'
import { compileProgram, type CompiledProgram } from '../../support/compiled-program.ts'

const format = { name: 'kill-child', version: 1 }

describe('embedded broker on RocksDB', { timeout: 120_000 }, () => {
  let program: CompiledProgram
  let directory: string

  beforeAll(async () => {
    program = await compileProgram('test/broker/embedded/kill-child.ts')
    directory = await mkdtemp(path.join(tmpdir(), 'embedded-kill-'))
  }, 120_000)

  afterAll(async () => {
    await program.dispose()
    await rm(directory, { recursive: true })
  })

  /** Runs the program until it has acknowledged `acks` things; @returns its lines */
  async function runAndKill(
    first: number,
    acks: number,
    whileItRuns: () => Promise<void>,
  ): Promise<string[]> {
    const child = spawn(process.execPath, [program.file, directory, first.toString()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.setEncoding('utf8')
    for await (const chunk of child.stdout) {
      output += String(chunk)
      if (output.split('\n').length - 1 <= acks) continue
      await whileItRuns()
      child.kill('SIGKILL')
      break
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    // The last line may be cut off: it was not acknowledged as far as anybody saw.
    return output.split('\n').slice(1, -1)
  }

  it('loses nothing acknowledged and tears no transaction when it is killed', async () => {
    const acknowledged: string[] = []
    for (let round = 0; round < 6; round++) {
      const first = round * 100_000
      acknowledged.push(...(await runAndKill(first, 20 + round * 97, () => Promise.resolve())))
      const database = await RocksDbDatabase.open(directory, { format })
      const broker = await EmbeddedBroker.open({ database })
      const both = [
        await readValues(broker, 'log', { partition: 0 }),
        await readValues(broker, 'log', { partition: 1 }),
      ]
      const [committed] = await broker.groupAdmin('group').committed()
      await broker.close()
      await database.close()

      expect(both.map((values) => new Set(values).size)).toEqual(both.map(({ length }) => length))
      const seen = both.map((values) => new Set(values))
      const present = (n: string): number =>
        ['a', 'b', 'c'].filter((part) => seen.every((values) => values.has(`${part} ${n}`))).length
      for (const line of acknowledged) {
        const [kind, n = ''] = line.split(' ')
        if (kind === 'plain') expect(seen[0]!.has(line)).toBe(true)
        else expect(present(n)).toBe(3)
      }
      const numbers = new Set(
        both.flat().flatMap((value) => /^[abc] (\d+)$/.exec(value!)?.[1] ?? []),
      )
      for (const n of numbers) expect(present(n)).toBe(3)
      expect(committed!.offset).toBe(Math.max(...[...numbers].map(Number)))
    }
    expect(acknowledged.length).toBeGreaterThan(500)
  })

  it('refuses a second process on its directory', async () => {
    await runAndKill(900_000, 5, async () => {
      await expect(RocksDbDatabase.open(directory, { format })).rejects.toThrow(StateLockedError)
    })
  })
})
