import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import { RocksDbDatabase } from '../../state/rocksdb-database.ts'
import type { TaskDatabase } from '../../state/task-database.ts'
import { commands } from '../support/task-state-commands.ts'
import { TaskStateModel, type CrashablePlace } from '../support/task-state-model.ts'

/** Some entries fit, so that what was just fetched is often evicted. */
const cacheBytesMax = fc.constantFrom(0, 700, 1_000_000)

describe('any sequence of records, commits, checkpoints, queries and crashes', () => {
  it('equals the naive model, in memory with a disk that takes its time', async () => {
    const delays = fc.array(fc.constantFrom(0, 1, 5, 40), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(commands, cacheBytesMax, delays, async (script, bytes, turns) => {
        await new TaskStateModel(memoryPlace(turns), bytes).run(script)
      }),
      { numRuns: 1500 },
    )
  }, 120_000)

  it('equals the naive model on RocksDB', async () => {
    await fc.assert(
      fc.asyncProperty(commands, cacheBytesMax, async (script, bytes) => {
        const directory = await mkdtemp(join(tmpdir(), 'task-state-'))
        try {
          await new TaskStateModel(rocksDbPlace(directory), bytes).run(script)
        } finally {
          await rm(directory, { recursive: true })
        }
      }),
      { numRuns: 15 },
    )
  }, 120_000)
})

function memoryPlace(turns: readonly number[]): CrashablePlace {
  const disk = new MemoryDisk({ powerLoss: true })
  let refused = false
  let at = 0
  disk.beforeOperation = async (operation) => {
    for (let i = turns[at++ % turns.length]!; i > 0; i--) await Promise.resolve()
    if (refused && operation === 'write') throw new Error('No space left on device')
  }
  return {
    open: () => Promise.resolve(new MemoryDatabase(disk)),
    crash: (powerLoss) => {
      if (powerLoss === null) disk.crash()
      else disk.crash({ survivingBatches: powerLoss })
      return Promise.resolve()
    },
    refuseWrites: (refuse) => {
      refused = refuse
    },
  }
}

/** A closed database stands for a killed process: it had written the same (see the kill test). */
function rocksDbPlace(directory: string): CrashablePlace {
  let database: TaskDatabase | null = null
  return {
    open: async () => (database = await RocksDbDatabase.open(directory)),
    crash: async () => await database?.close(),
    refuseWrites: null,
  }
}
