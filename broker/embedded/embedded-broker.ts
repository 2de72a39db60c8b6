import { EmbeddedClient } from './embedded-client.ts'
import { EmbeddedServer, type EmbeddedBrokerOptions } from './embedded-server.ts'

/**
 * The broker in this process: topics, transactions and groups over one database.
 *
 * B1. What was acknowledged is in the database: a killed process loses none of it. It is not
 *     synced to the disk: power loss may cost the last moments, always the newest writes, whole
 *     transactions at a time.
 * B2. Dropped without `close` and opened again, it holds what was acknowledged, and of the rest
 *     what had been written; transactions that were open are aborted.
 * B3. One owner a database, which its lock enforces.
 */
export class EmbeddedBroker extends EmbeddedClient {
  /**
   * @throws {CorruptBatchError} the end of a partition is damaged
   */
  static async open(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
    return new EmbeddedBroker(await EmbeddedServer.open(options))
  }

  /** Another client of the same log, as another process would be one of a cluster. */
  connect(): EmbeddedClient {
    return new EmbeddedClient(this.server)
  }

  /** Runs retention and compaction to their end now, instead of some time in the background. */
  async cleanNow(): Promise<void> {
    await this.server.upkeep.runNow()
  }

  /** Closes this client and the log; the database stays open. */
  override async close(): Promise<void> {
    await super.close()
    await this.server.close()
  }
}
