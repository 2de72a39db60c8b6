import { FatalBrokerError, RetriableError } from '../errors.ts'
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
import { lookUpOffsets } from './admin/offset-lookup.ts'
import { trimLogs } from './admin/record-deletion.ts'
import { createAll } from './admin/topic-creation.ts'
import { deleteAll } from './admin/topic-deletion.ts'
import { describeAll } from './admin/topic-descriptions.ts'
import { type ClusterSettings, KafkaCluster } from './cluster/kafka-cluster.ts'
import { KafkaFetcher } from './fetch/kafka-fetcher.ts'
import { KafkaGroupAdmin } from './group/kafka-group-admin.ts'
import { KafkaGroup } from './group/kafka-group.ts'
import { clusterSettings, type KafkaOptions } from './kafka-options.ts'
import { KafkaProducer } from './produce/kafka-producer.ts'
import { KafkaTransaction } from './produce/kafka-transaction.ts'

/** A first connection tells soon what is wrong; who wants to wait for a broker calls again. */
const CONNECT_ATTEMPTS = 4
const CONNECT_PAUSE_MS = 250

/**
 * The broker port on Apache Kafka.
 *
 * Every object that it makes shares its lanes; groups have lanes of their own.
 */
export class KafkaBroker implements Broker {
  readonly #cluster: KafkaCluster
  readonly #options: KafkaOptions
  readonly #groups: KafkaGroup[] = []

  private constructor(cluster: KafkaCluster, options: KafkaOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /**
   * @throws {RetriableError} no bootstrap server answers, after a few attempts
   * @throws {FatalBrokerError} wrong settings, credentials or certificates; a broker too old
   */
  static async connect(options: KafkaOptions): Promise<KafkaBroker> {
    return new KafkaBroker(await connected(clusterSettings(options)), options)
  }

  async describeTopics(names?: readonly string[]): Promise<TopicDescription[]> {
    this.#refuseClosed()
    return await describeAll(this.#cluster, names)
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    this.#refuseClosed()
    await createAll(this.#cluster, specs)
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    this.#refuseClosed()
    await deleteAll(this.#cluster, names)
  }

  async deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    this.#refuseClosed()
    await trimLogs(this.#cluster, before)
  }

  async listOffsets(
    partitions: readonly TopicPartition[],
    spec: OffsetSpec,
    isolation: Isolation = 'read_uncommitted',
  ): Promise<PartitionOffset[]> {
    this.#refuseClosed()
    return await lookUpOffsets(this.#cluster, partitions, spec, isolation)
  }

  producer(): Producer {
    this.#refuseClosed()
    return new KafkaProducer(this.#cluster, this.#sending())
  }

  transaction(transactionalId: string, options: TransactionOptions = {}): Transaction {
    this.#refuseClosed()
    const sending = { ...options, ...this.#sending() }
    return new KafkaTransaction(this.#cluster, transactionalId, sending)
  }

  fetcher(options: FetcherOptions = {}): Fetcher {
    this.#refuseClosed()
    return new KafkaFetcher(this.#cluster, options)
  }

  group(options: GroupOptions): Group {
    this.#refuseClosed()
    const group = new KafkaGroup(this.#cluster, options, this.#options.clock)
    this.#groups.push(group)
    return group
  }

  groupAdmin(groupId: string): GroupAdmin {
    this.#refuseClosed()
    return new KafkaGroupAdmin(this.#cluster, groupId)
  }

  /** Members that have not left end without a word, as those of a process that dies. */
  async close(): Promise<void> {
    for (const group of this.#groups) group.sever()
    await this.#cluster.close()
  }

  #sending(): Pick<KafkaOptions, 'compression'> {
    const { compression } = this.#options
    return compression === undefined ? {} : { compression }
  }

  #refuseClosed(): void {
    if (this.#cluster.isClosed) throw new FatalBrokerError('the broker is closed')
  }
}

async function connected(settings: ClusterSettings): Promise<KafkaCluster> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await KafkaCluster.connect(settings)
    } catch (error) {
      if (!(error instanceof RetriableError) || attempt === CONNECT_ATTEMPTS) throw error
      await settings.clock.sleep(attempt * CONNECT_PAUSE_MS)
    }
  }
}
