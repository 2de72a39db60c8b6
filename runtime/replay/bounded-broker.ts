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
} from '../../broker/port.ts'
import { nameOf, type OffsetRange } from '../committed-records.ts'
import { BoundedFetcher } from './bounded-fetcher.ts'

/**
 * A broker whose inputs end where the ranges do; everything else is the broker itself.
 *
 * An instance runs on it unchanged, reads its ranges, and then waits for more in vain. Closing it
 * closes nothing: the broker is the caller's.
 */
export class BoundedBroker implements Broker {
  readonly #inner: Broker
  readonly #ends: ReadonlyMap<string, number>

  constructor(inner: Broker, ranges: readonly OffsetRange[]) {
    this.#inner = inner
    this.#ends = new Map(ranges.map((range) => [nameOf(range), range.to]))
  }

  fetcher(options?: FetcherOptions): Fetcher {
    return new BoundedFetcher(this.#inner.fetcher(options), this.#ends)
  }

  async listOffsets(
    partitions: readonly TopicPartition[],
    spec: OffsetSpec,
    isolation?: Isolation,
  ): Promise<PartitionOffset[]> {
    const found = await this.#inner.listOffsets(partitions, spec, isolation)
    return found.map((at) => {
      const end = this.#ends.get(nameOf(at)) ?? Infinity
      return { ...at, offset: Math.min(at.offset, end) }
    })
  }

  describeTopics(names?: readonly string[]): Promise<TopicDescription[]> {
    return this.#inner.describeTopics(names)
  }

  createTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.#inner.createTopics(specs)
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#inner.deleteTopics(names)
  }

  deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    return this.#inner.deleteRecords(before)
  }

  producer(): Producer {
    return this.#inner.producer()
  }

  transaction(transactionalId: string, options?: TransactionOptions): Transaction {
    return this.#inner.transaction(transactionalId, options)
  }

  group(options: GroupOptions): Group {
    return this.#inner.group(options)
  }

  groupAdmin(groupId: string): GroupAdmin {
    return this.#inner.groupAdmin(groupId)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
