import {
  AbortableError,
  FatalBrokerError,
  FencedError,
  RetriableError,
  UnknownOutcomeError,
  type BrokerError,
} from '../../errors.ts'
import type { Ack, PartitionRecords, Producer, TopicPartition } from '../../port.ts'
import type { Compression } from '../../record-batch/compression/compression.ts'
import type { Cluster } from '../cluster.ts'
import { produceV9 } from '../wire/produce.ts'
import type { FailedDelivery } from './batch-delivery.ts'
import { BatchSender } from './batch-sender.ts'
import { checkRecords } from './check-records.ts'
import type { ProducerIdentity } from './producer-identity.ts'
import { freshProducerId } from './producer-id-source.ts'
import { RetryBudget } from './retry-budget.ts'

const DELIVERY_TIMEOUT_MS = 30_000

export interface KafkaProducerOptions {
  /** @default none */
  readonly compression?: Compression | 'none'
  /** How long a batch is tried, from its turn in its partition on. @default 30000 */
  readonly deliveryTimeoutMs?: number
}

/**
 * The idempotent producer without transactions (KIP-98).
 *
 * I1. Batches of a partition arrive in the order of `send`, each once.
 * I2. A batch that failed is not sent again, and no other takes its sequence: the producer id is
 *     given up, later batches go under a fresh one (K2–K4).
 */
export class KafkaProducer implements Producer {
  readonly #cluster: Cluster
  readonly #deliveryTimeoutMs: number
  readonly #sender: BatchSender
  #identity: Promise<ProducerIdentity> | null = null
  #isClosed = false

  constructor(cluster: Cluster, options: KafkaProducerOptions = {}) {
    this.#cluster = cluster
    this.#deliveryTimeoutMs = options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS
    this.#sender = new BatchSender({
      cluster,
      produce: produceV9,
      transactionalId: null,
      compression: options.compression === 'none' ? undefined : options.compression,
    })
  }

  /**
   * Settles when every batch has its outcome.
   *
   * @throws {UnknownOutcomeError} no answer in time: readers may or may not see the batch
   * @throws {RetriableError} no broker took the batch in time, and none will
   * @throws {RecordTooLargeError} and {@link UnknownTopicError}, {@link FatalBrokerError}: refused
   */
  async send(records: readonly PartitionRecords[]): Promise<Ack[]> {
    if (this.#isClosed || this.#cluster.isClosed) {
      throw new FatalBrokerError('the producer is closed')
    }
    checkRecords(records)
    const settled = await Promise.allSettled(records.map((each) => this.#deliver(each)))
    const failed = settled.find((each) => each.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#sender.idle()
  }

  async #deliver(records: PartitionRecords): Promise<Ack> {
    let giveUpIdentity = (): void => undefined
    try {
      const delivery = await this.#sender.send({
        records,
        identity: () => {
          const used = this.#identify(records)
          giveUpIdentity = () => {
            if (this.#identity === used) this.#identity = null
          }
          return used
        },
        budget: () => this.#budget(),
        isGivenUp: () => false,
      })
      if ('ack' in delivery) return delivery.ack
      throw failureOf(delivery)
    } catch (error) {
      giveUpIdentity()
      throw error
    }
  }

  #identify(near: TopicPartition): Promise<ProducerIdentity> {
    this.#identity ??= freshProducerId(this.#cluster, near, this.#budget())
    return this.#identity
  }

  #budget(): RetryBudget {
    return new RetryBudget(this.#cluster, this.#deliveryTimeoutMs)
  }
}

/** Without a transaction there is nothing to abort: what counts is whether readers may see it. */
function failureOf({ cause, mayBeAppended }: FailedDelivery): BrokerError {
  const isPassing =
    cause instanceof RetriableError ||
    cause instanceof AbortableError ||
    cause instanceof FencedError
  if (!isPassing) return cause
  return mayBeAppended
    ? new UnknownOutcomeError(cause.message, { cause })
    : new RetriableError(cause.message, { cause })
}
