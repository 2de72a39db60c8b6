import { randomBytes } from 'node:crypto'
import { fromByteString } from '../../bytes/byte-string.ts'
import type { TaskDatabase } from '../../state/task-database.ts'
import { systemClock, type Clock } from '../clock.ts'
import { Counter } from './counter.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { LogAppender } from './log-appender.ts'
import { LogCleaner } from './log-cleaner.ts'
import { LogReader } from './log-reader.ts'
import { recoverLog, type RecoveredState } from './log-recovery.ts'
import { LogTail } from './log-tail.ts'
import { OpenTransaction } from './open-transaction.ts'
import { TopicRegistry } from './topic-registry.ts'
import { TransactionCoordinator } from './transaction-coordinator.ts'
import { TransactionalId } from './transactional-id.ts'
import { Upkeep } from './upkeep.ts'
import { WriteQueue } from './write-queue.ts'

const TAIL_BYTES = 32 * 1024 * 1024
const SEGMENT_BYTES = 1024 * 1024
const DELETE_RETENTION_MS = 24 * 60 * 60 * 1000
const UPKEEP_INTERVAL_MS = 15_000
const CLEANER_BYTES = 32 * 1024 * 1024

export interface EmbeddedBrokerOptions {
  /** Stays the caller's: closed by it after the broker. */
  readonly database: TaskDatabase
  /** @default the machine's clock */
  readonly clock?: Clock
  /** Source of topic and member ids. @default the machine's */
  readonly randomBytes?: (length: number) => Buffer
  /** Newest batches and open transactions in memory, over all partitions. @default 32 MiB */
  readonly tailBytesMax?: number
  /** Grain of the index, of retention and of compaction. @default 1 MiB */
  readonly segmentBytes?: number
  /** How long compaction leaves a tombstone after its append. @default 86400000, a day */
  readonly deleteRetentionMs?: number
  /** Between rounds of retention and compaction. @default 15000 */
  readonly upkeepIntervalMs?: number
  /** Memory of one round of compaction for keys. @default 32 MiB */
  readonly cleanerBytesMax?: number
  /** A round of retention or compaction failed; the next one tries again. @default a warning */
  readonly onUpkeepError?: (error: Error) => void
}

/** The parts of the embedded log, put together and recovered from its database. */
export class EmbeddedServer {
  readonly clock: Clock
  readonly writes: WriteQueue
  readonly tail: LogTail
  readonly reader: LogReader
  readonly registry: TopicRegistry
  readonly groups: GroupCoordinator
  readonly appender: LogAppender
  readonly transactions: TransactionCoordinator
  readonly producerIds: Counter
  readonly upkeep: Upkeep

  private constructor(options: EmbeddedBrokerOptions, segmentBytes: number, found: RecoveredState) {
    const clock = options.clock ?? systemClock
    const writes = new WriteQueue(options.database)
    const tail = new LogTail(options.tailBytesMax ?? TAIL_BYTES)
    const random = options.randomBytes ?? randomBytes
    const randomId = (): string => random(16).toString('base64url')
    const counter = (name: string): Counter =>
      new Counter(name, writes, found.counters.get(name) ?? 0)
    const groups = new GroupCoordinator({ writes, clock, randomId })
    const registry = new TopicRegistry({
      writes,
      tail,
      segmentBytes,
      randomId,
      numbers: counter('topic'),
      onDelete: (topic, batch) => groups.deleteTopic(topic, batch),
    })
    const appender = new LogAppender(registry, writes, tail, clock)
    const producerIds = counter('producer')
    this.clock = clock
    this.writes = writes
    this.tail = tail
    this.reader = new LogReader(options.database)
    this.registry = registry
    this.groups = groups
    this.appender = appender
    this.producerIds = producerIds
    this.transactions = new TransactionCoordinator({
      appender,
      writes,
      tail,
      clock,
      groups,
      producerIds,
    })
    this.upkeep = new Upkeep({
      registry,
      reader: this.reader,
      writes,
      clock,
      cleaner: new LogCleaner({
        reader: this.reader,
        writes,
        clock,
        segmentBytes,
        deleteRetentionMs: options.deleteRetentionMs ?? DELETE_RETENTION_MS,
        tableBytesMax: options.cleanerBytesMax ?? CLEANER_BYTES,
        randomSeed: () => random(4).readInt32BE(),
      }),
      intervalMs: options.upkeepIntervalMs ?? UPKEEP_INTERVAL_MS,
      onError: options.onUpkeepError ?? ((error) => process.emitWarning(error)),
    })
  }

  /**
   * Takes up what the database holds; transactions that a crash left open are aborted.
   *
   * @throws {CorruptBatchError} the end of a partition is damaged
   */
  static async open(options: EmbeddedBrokerOptions): Promise<EmbeddedServer> {
    const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES
    const nowMs = (options.clock ?? systemClock).now()
    const found = await recoverLog(options.database, segmentBytes, nowMs)
    const server = new EmbeddedServer(options, segmentBytes, found)
    for (const { name, row, logs } of found.topics) server.registry.restore(name, row, logs)
    for (const row of found.groupOffsets) server.groups.restore(row)
    server.#restoreTransactions(found)
    await server.transactions.abortAll()
    server.upkeep.start()
    return server
  }

  /** Aborts what is open and waits for the disk. */
  async close(): Promise<void> {
    await this.upkeep.stop()
    // A log that failed has refused the calls it failed; recovery aborts what stays open.
    await this.transactions.abortAll().catch(() => undefined)
    await this.writes.idle()
  }

  #restoreTransactions(found: RecoveredState): void {
    const logs = new Map(
      [...this.registry.logs()].map((log) => [`${log.topicNumber}-${log.partition}`, log]),
    )
    for (const { name, row } of found.transactions) {
      const producerId = BigInt(row.producerId)
      const { producerEpoch, timeoutMs } = row
      const id = new TransactionalId(fromByteString(name), producerId, producerEpoch, timeoutMs)
      this.transactions.restore(id)
      if (row.open.length === 0) continue
      id.open = new OpenTransaction(producerId, producerEpoch)
      id.isSpilled = true
      for (const { topic, partition, firstOffset } of row.open) {
        const log = logs.get(`${topic}-${partition}`)
        // Its topic was deleted since.
        if (log === undefined) continue
        log.reopen(producerId, firstOffset)
        id.open.resume(log, firstOffset)
      }
    }
  }
}
