import type { TopicPartition } from '../../port.ts'
import type { BatchProducer } from '../../record-batch/batch-builder.ts'

const SEQUENCE_LIMIT = 2 ** 31

/**
 * One producer id and epoch, and where its sequence stands in every partition.
 *
 * P1. A sequence number is given out once. What was numbered is sent with this number or not at
 *     all; a failed batch therefore ends the identity, not the batch's number (K2–K4).
 *
 * Source: KIP-98; sequences count records and wrap to 0 after 2^31 − 1.
 */
export class ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly isTransactional: boolean
  readonly #next = new Map<string, number>()

  constructor(producerId: bigint, producerEpoch: number, isTransactional: boolean) {
    this.producerId = producerId
    this.producerEpoch = producerEpoch
    this.isTransactional = isTransactional
  }

  /** Takes the next `count` sequence numbers of a partition. */
  take({ topic, partition }: TopicPartition, count: number): BatchProducer {
    const key = `${topic}/${partition}`
    const baseSequence = this.#next.get(key) ?? 0
    this.#next.set(key, (baseSequence + count) % SEQUENCE_LIMIT)
    const { producerId, producerEpoch, isTransactional } = this
    return { producerId, producerEpoch, baseSequence, isTransactional }
  }
}
