import type { BatchProducer } from '../record-batch/batch-builder.ts'
import type { PartitionLog } from './partition-log.ts'
import { advanceSequence } from './producer-sequences.ts'

/** A producer id at one epoch, counting the records it sends to each partition. */
export class ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly isTransactional: boolean
  readonly #sequences = new Map<PartitionLog, number>()

  constructor(producerId: bigint, producerEpoch: number, isTransactional: boolean) {
    this.producerId = producerId
    this.producerEpoch = producerEpoch
    this.isTransactional = isTransactional
  }

  /** The header fields of the next batch of `count` records to a partition. */
  next(log: PartitionLog, count: number): BatchProducer {
    const baseSequence = this.#sequences.get(log) ?? 0
    this.#sequences.set(log, advanceSequence(baseSequence, count))
    const { producerId, producerEpoch, isTransactional } = this
    return { producerId, producerEpoch, baseSequence, isTransactional }
  }
}
