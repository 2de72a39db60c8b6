import { AbortableError } from '../../errors.ts'
import type { PartitionRecords } from '../../port.ts'
import type { Compression } from '../../record-batch/compression/compression.ts'
import type { Cluster } from '../cluster.ts'
import type { Api } from '../wire/api.ts'
import type { ProduceAnswer, ProduceRequest } from '../wire/produce.ts'
import { BatchDelivery, type Delivery, type DeliveryRoute } from './batch-delivery.ts'
import { LeaderRequests } from './leader-requests.ts'
import type { ProducerIdentity } from './producer-identity.ts'
import type { RetryBudget } from './retry-budget.ts'
import { SerialTasks } from './serial-tasks.ts'

export interface BatchSenderOptions {
  readonly cluster: Cluster
  readonly produce: Api<ProduceRequest, readonly ProduceAnswer[]>
  readonly transactionalId: string | null
  readonly compression: Compression | undefined
}

/** One batch and the circumstances of its sending. */
export interface Sending {
  readonly records: PartitionRecords
  /** Asked when the batch's turn has come: it numbers the batch. */
  identity(): Promise<ProducerIdentity>
  budget(): RetryBudget
  /** The batch has become pointless: it is not sent, or not again. */
  isGivenUp(): boolean
}

/**
 * Numbers batches and brings them to their partitions.
 *
 * S1. A partition has one batch under way; the next is numbered after its acknowledgement. So
 *     order holds through every retry, and a sequence gap cannot arise from this side.
 * S2. Batches of different partitions travel together (see leader-requests.ts).
 */
export class BatchSender {
  readonly #route: DeliveryRoute
  readonly #compression: Compression | undefined
  readonly #partitions = new SerialTasks()

  constructor({ cluster, produce, transactionalId, compression }: BatchSenderOptions) {
    this.#compression = compression
    const requests = new LeaderRequests(cluster, produce, transactionalId)
    this.#route = { cluster, requests, transactionalId }
  }

  send(sending: Sending): Promise<Delivery> {
    const { topic, partition, records } = sending.records
    return this.#partitions.run(`${topic}/${partition}`, async () => {
      if (sending.isGivenUp()) {
        const cause = new AbortableError(`a batch for ${topic}-${partition} was not sent`)
        return { cause, mayBeAppended: false }
      }
      const identity = await sending.identity()
      const producer = identity.take({ topic, partition }, records.count)
      const bytes = records.finish(producer, this.#compression)
      const batch = { topic, partition, bytes }
      return await new BatchDelivery(this.#route, batch, sending.budget()).run(() =>
        sending.isGivenUp(),
      )
    })
  }

  /** Resolves when no batch given before is under way. */
  idle(): Promise<void> {
    return this.#partitions.idle()
  }
}
