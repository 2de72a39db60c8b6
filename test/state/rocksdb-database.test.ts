import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RocksDbDatabase } from '../../state/rocksdb-database.ts'
import { describeTaskDatabase } from '../contract/task-database.ts'

describeTaskDatabase('RocksDbDatabase', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'task-database-'))
  return {
    open: () => RocksDbDatabase.open(directory),
    destroy: () => rm(directory, { recursive: true }),
  }
})
