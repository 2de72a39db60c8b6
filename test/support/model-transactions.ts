import { errorCodes as code } from '../../broker/kafka/error-codes.ts'
import type { EndTxnV5Answer, EndTxnRequest } from '../../broker/kafka/wire/end-txn.ts'
import type {
  InitProducerIdAnswer,
  InitProducerIdRequest,
} from '../../broker/kafka/wire/init-producer-id.ts'
import type { TransactionProducer } from '../../broker/kafka/wire/transaction-fields.ts'

interface ModelId {
  producerId: bigint
  producerEpoch: number
  isOngoing: boolean
  lastVerdict: 'commit' | 'abort' | null
  readonly entered: Set<string>
  /** The epoch from which the holder asked for this one: asked again, it gets it again. */
  raisedFrom: number | null
}

/** Kafka's transaction coordinator, of version 2 (KIP-890) or older. */
export class ModelTransactions {
  readonly #isVersion2: boolean
  readonly #onEnd: (producerId: bigint, verdict: 'commit' | 'abort') => void
  readonly #ids = new Map<string, ModelId>()
  #nextProducerId = 1000n

  constructor(
    isVersion2: boolean,
    onEnd: (producerId: bigint, verdict: 'commit' | 'abort') => void,
  ) {
    this.#isVersion2 = isVersion2
    this.#onEnd = onEnd
  }

  init(request: InitProducerIdRequest): InitProducerIdAnswer {
    const fresh = { producerId: this.#nextProducerId++, producerEpoch: 0 }
    if (request.transactionalId === null) return { errorCode: code.NONE, ...fresh }
    let id = this.#ids.get(request.transactionalId)
    if (id === undefined) {
      id = { ...fresh, isOngoing: false, lastVerdict: null, entered: new Set(), raisedFrom: null }
      this.#ids.set(request.transactionalId, id)
    } else {
      if (request.producerId === id.producerId && request.producerEpoch === id.raisedFrom) {
        return { errorCode: code.NONE, producerId: id.producerId, producerEpoch: id.producerEpoch }
      }
      const isHolder =
        request.producerId === -1n ||
        (request.producerId === id.producerId && request.producerEpoch === id.producerEpoch)
      if (!isHolder) return { errorCode: code.PRODUCER_FENCED, producerId: -1n, producerEpoch: -1 }
      if (id.isOngoing) this.#finish(id, 'abort')
      id.raisedFrom = request.producerId === -1n ? null : id.producerEpoch
      id.producerEpoch++
      id.lastVerdict = null
    }
    const { producerId, producerEpoch } = id
    return { errorCode: code.NONE, producerId, producerEpoch }
  }

  /** @returns the code for a request that adds `what` to the transaction */
  enter(producer: TransactionProducer, what: string): number {
    const id = this.#ids.get(producer.transactionalId)
    if (id?.producerId !== producer.producerId) return code.INVALID_PRODUCER_ID_MAPPING
    if (id.producerEpoch !== producer.producerEpoch) return code.PRODUCER_FENCED
    id.isOngoing = true
    id.entered.add(what)
    return code.NONE
  }

  /** @returns the code for data of a producer: version 2 adds `what` by itself */
  write(producer: TransactionProducer, what: string): number {
    const id = this.#ids.get(producer.transactionalId)
    if (id?.producerId !== producer.producerId || id.producerEpoch !== producer.producerEpoch) {
      return code.INVALID_PRODUCER_EPOCH
    }
    if (this.#isVersion2) return this.enter(producer, what)
    return id.entered.has(what) ? code.NONE : code.INVALID_TXN_STATE
  }

  end({ transactionalId, producerId, producerEpoch, isCommit }: EndTxnRequest): EndTxnV5Answer {
    const id = this.#ids.get(transactionalId)!
    const verdict = isCommit ? 'commit' : 'abort'
    const refused = (errorCode: number): EndTxnV5Answer => ({
      errorCode,
      producerId: -1n,
      producerEpoch: -1,
    })
    const isRepeat = this.#isVersion2 && producerEpoch === id.producerEpoch - 1
    if (id.producerId !== producerId || !(isRepeat || producerEpoch === id.producerEpoch)) {
      return refused(code.PRODUCER_FENCED)
    }
    if (id.isOngoing && !isRepeat) {
      this.#finish(id, verdict)
      if (this.#isVersion2) id.producerEpoch++
    } else if (this.#isVersion2 && !isRepeat && !isCommit) {
      // An abort of nothing, which raises the epoch all the same.
      id.lastVerdict = verdict
      id.producerEpoch++
    } else if (id.lastVerdict !== verdict || (this.#isVersion2 && !isRepeat)) {
      return refused(code.INVALID_TXN_STATE)
    }
    return { errorCode: code.NONE, producerId: id.producerId, producerEpoch: id.producerEpoch }
  }

  #finish(id: ModelId, verdict: 'commit' | 'abort'): void {
    id.isOngoing = false
    id.entered.clear()
    id.lastVerdict = verdict
    this.#onEnd(id.producerId, verdict)
  }
}
