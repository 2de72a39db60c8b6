import { join } from 'node:path'
import { RocksDbDatabase } from '../state/rocksdb-database.ts'
import type { ResolvedConfig } from './config/settings.ts'
import { openBroker } from './open-broker.ts'
import type { OpenLog } from './open-log.ts'

const OWNER_FORMAT = { name: 'attribution-streams-owner', version: 1 }
const SMALL_BUFFER_BYTES = 64 * 1024

/**
 * Opens the log for an instance, which is alone on its state directory from then to `close`.
 *
 * On Kafka the tasks of two instances with one directory would take turns in it until both want
 * the same one. So the directory has an owner: an empty database, whose lock ends with the process
 * however that ends. The embedded log is such a lock itself.
 *
 * @param stateHome where the stores of the application's tasks lie
 * @throws {StateLockedError} another process runs on it
 */
export async function openInstanceLog(config: ResolvedConfig, stateHome: string): Promise<OpenLog> {
  if (config.bootstrapServers === null) return openBroker(config)
  const owner = await RocksDbDatabase.open(join(stateHome, 'owner'), {
    format: OWNER_FORMAT,
    writeBufferSizeBytes: SMALL_BUFFER_BYTES,
    cachesBlocks: false,
  })
  try {
    const log = await openBroker(config)
    const close = async () => {
      await log.close()
      await owner.close()
    }
    return { ...log, close }
  } catch (error) {
    await owner.close()
    throw error
  }
}
