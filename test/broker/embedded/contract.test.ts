import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { RocksDbDatabase } from '../../../state/rocksdb-database.ts'
import type { TaskDatabase } from '../../../state/task-database.ts'
import { brokerContract } from '../../contract/broker.ts'
import type { OpenBroker } from '../../contract/broker/harness.ts'

async function open(
  database: TaskDatabase,
  tailBytesMax: number,
  dispose: () => Promise<void>,
): Promise<OpenBroker> {
  const broker = await EmbeddedBroker.open({ database, tailBytesMax })
  return {
    broker,
    connect: () => Promise.resolve(broker.connect()),
    compact: () => broker.cleanNow(),
    close: async () => {
      await broker.close()
      await database.close()
      await dispose()
    },
  }
}

brokerContract({
  name: 'embedded in memory',
  sessionTimeoutMs: 300,
  open: () => open(new MemoryDatabase(), 32 * 1024 * 1024, () => Promise.resolve()),
})

// A tail of nothing: every batch is spilled and read from the disk.
brokerContract({
  name: 'embedded in memory, without a tail',
  sessionTimeoutMs: 300,
  open: () => open(new MemoryDatabase(), 0, () => Promise.resolve()),
})

brokerContract({
  name: 'embedded on RocksDB',
  sessionTimeoutMs: 300,
  open: async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'embedded-contract-'))
    const database = await RocksDbDatabase.open(directory, {
      format: { name: 'embedded-contract', version: 1 },
    })
    return await open(database, 10_000, () => rm(directory, { recursive: true }))
  },
})
