import { BASE_SEQUENCE_AT } from '../../broker/record-batch/batch-header.ts'
import { errorCodes as code } from '../../broker/kafka/error-codes.ts'
import { RecordBatch } from '../../broker/record-batch/record-batch.ts'
import { recordsOfBatches } from './broker-records.ts'

interface Stretch {
  readonly producerId: bigint
  readonly epoch: number
  readonly baseSequence: number
  readonly baseOffset: number
  readonly values: readonly string[]
  verdict: 'open' | 'commit' | 'abort'
}

/** One partition's log as Kafka keeps it: each batch once, sequences without gaps (KIP-98). */
export class ModelPartition {
  leader: number
  readonly #log: Stretch[] = []
  #nextOffset = 0

  constructor(leader: number) {
    this.leader = leader
  }

  /** What a read_committed reader sees. */
  get values(): string[] {
    return this.#log.filter(({ verdict }) => verdict === 'commit').flatMap(({ values }) => values)
  }

  append(bytes: Buffer): { errorCode: number; baseOffset: number } {
    const batch = new RecordBatch(bytes)
    const { producerId, producerEpoch: epoch, isTransactional } = batch
    const baseSequence = bytes.readInt32BE(BASE_SEQUENCE_AT)
    const ofProducer = this.#log.filter((each) => each.producerId === producerId)
    const repeated = ofProducer.find(
      (each) => each.epoch === epoch && each.baseSequence === baseSequence,
    )
    if (repeated !== undefined) return { errorCode: code.NONE, baseOffset: repeated.baseOffset }
    const last = ofProducer.at(-1)
    if (last !== undefined && epoch < last.epoch) {
      return { errorCode: code.INVALID_PRODUCER_EPOCH, baseOffset: -1 }
    }
    const expected = last?.epoch === epoch ? last.baseSequence + last.values.length : 0
    if (baseSequence !== expected) {
      return { errorCode: code.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 }
    }
    const values = recordsOfBatches([batch]).map(({ value }) => value ?? '')
    const baseOffset = this.#nextOffset
    const verdict = isTransactional ? 'open' : 'commit'
    this.#log.push({ producerId, epoch, baseSequence, baseOffset, values, verdict })
    this.#nextOffset += values.length
    return { errorCode: code.NONE, baseOffset }
  }

  /** Writes the marker that ends what a producer has open here. */
  end(producerId: bigint, verdict: 'commit' | 'abort'): void {
    for (const stretch of this.#log) {
      if (stretch.producerId === producerId && stretch.verdict === 'open') stretch.verdict = verdict
    }
    this.#nextOffset++
  }
}
