import { FatalBrokerError, InvalidTopicError } from '../errors.ts'
import type {
  Broker,
  Fetcher,
  FetcherOptions,
  Group,
  GroupAdmin,
  GroupOptions,
  Isolation,
  OffsetSpec,
  PartitionOffset,
  Producer,
  TopicDescription,
  TopicPartition,
  TopicSpec,
  Transaction,
  TransactionOptions,
} from '../port.ts'
import { EmbeddedGroupAdmin } from './embedded-group-admin.ts'
import { EmbeddedGroup } from './embedded-group.ts'
import { EmbeddedProducer } from './embedded-producer.ts'
import type { EmbeddedServer } from './embedded-server.ts'
import { EmbeddedTransaction } from './embedded-transaction.ts'
import { FetchSession } from './fetch-session.ts'
import { trimLog } from './log-trim.ts'
import { lookUpOffset } from './offset-lookup.ts'
import { isTrimmed } from './topic-rules.ts'

/**
 * One program's view of the embedded log.
 *
 * Several clients of one log stand for several processes: `sever` ends one as a kill would.
 */
export class EmbeddedClient implements Broker {
  protected readonly server: EmbeddedServer
  readonly #fetchers = new Set<FetchSession>()
  readonly #groups = new Set<EmbeddedGroup>()
  readonly #transactions = new Set<EmbeddedTransaction>()
  #isClosed = false
  #closed: Promise<void> | null = null

  constructor(server: EmbeddedServer) {
    this.server = server
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a refusal rejects
  async describeTopics(names?: readonly string[]): Promise<TopicDescription[]> {
    this.#refuseClosed()
    return this.server.registry.describe(names)
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    this.#refuseClosed()
    await this.server.registry.create(specs)
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    this.#refuseClosed()
    await this.server.registry.delete(names)
  }

  async deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    this.#refuseClosed()
    const { reader, registry, writes } = this.server
    const trims = before.map(({ offset, ...at }) => ({ log: registry.log(at), offset }))
    for (const { log, offset } of trims) {
      if (!isTrimmed(log.config)) {
        throw new InvalidTopicError(`topic ${log.topic} is compacted: its records stay`)
      }
      if (!Number.isSafeInteger(offset) || offset < 0 || offset > log.highWatermark) {
        throw new RangeError(
          `offset ${offset} of ${log.topic}-${log.partition}, which ends at ${log.highWatermark}`,
        )
      }
    }
    await Promise.all(trims.map(({ log, offset }) => trimLog(log, offset, reader, writes)))
  }

  async listOffsets(
    partitions: readonly TopicPartition[],
    spec: OffsetSpec,
    isolation: Isolation = 'read_uncommitted',
  ): Promise<PartitionOffset[]> {
    this.#refuseClosed()
    const { reader, registry } = this.server
    const logs = partitions.map((at) => registry.log(at))
    return await Promise.all(
      logs.map(async (log) => {
        const offset = await lookUpOffset(reader, log, spec, isolation)
        return { topic: log.topic, partition: log.partition, offset }
      }),
    )
  }

  producer(): Producer {
    this.#refuseClosed()
    return new EmbeddedProducer(this.server.appender, this.server.producerIds.next())
  }

  transaction(transactionalId: string, options: TransactionOptions = {}): Transaction {
    this.#refuseClosed()
    const transaction = new EmbeddedTransaction(
      this.server.transactions,
      transactionalId,
      options,
      (closed) => this.#transactions.delete(closed),
    )
    this.#transactions.add(transaction)
    return transaction
  }

  fetcher(options: FetcherOptions = {}): Fetcher {
    this.#refuseClosed()
    const { clock, reader, registry } = this.server
    const session = new FetchSession(registry, reader, clock, options, (closed) =>
      this.#fetchers.delete(closed),
    )
    this.#fetchers.add(session)
    return session
  }

  group(options: GroupOptions): Group {
    this.#refuseClosed()
    const group = new EmbeddedGroup(options, this.server.groups, this.server.clock)
    this.#groups.add(group)
    return group
  }

  groupAdmin(groupId: string): GroupAdmin {
    this.#refuseClosed()
    return new EmbeddedGroupAdmin(groupId, this.server.groups)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  /**
   * Ends this client as a killed process ends: members fall silent, transactions stay open until
   * they are fenced or time out, waiting polls return.
   */
  sever(): void {
    this.#isClosed = true
    for (const group of this.#groups) group.sever()
    for (const transaction of this.#transactions) transaction.sever()
    for (const fetcher of this.#fetchers) void fetcher.close()
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    for (const group of this.#groups) group.sever()
    for (const fetcher of this.#fetchers) await fetcher.close()
    // A log that failed has refused the calls it failed; closing it does not fail again.
    await Promise.allSettled([...this.#transactions].map((transaction) => transaction.close()))
    await this.server.writes.idle()
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new FatalBrokerError('the broker is closed')
  }
}
