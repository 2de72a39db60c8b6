import type { Api } from './api.ts'

export interface InitProducerIdRequest {
  /** null: an idempotent producer without transactions. */
  readonly transactionalId: string | null
  readonly transactionTimeoutMs: number
  /** −1: whoever holds the id now; else fenced unless it is still this producer (KIP-360). */
  readonly producerId: bigint
  readonly producerEpoch: number
}

export interface InitProducerIdAnswer {
  readonly errorCode: number
  readonly producerId: bigint
  readonly producerEpoch: number
}

/** v4: fencing is answered 90 (KIP-588). */
export const initProducerId: Api<InitProducerIdRequest, InitProducerIdAnswer> = {
  key: 22,
  version: 4,
  name: 'InitProducerId',
  isFlexible: true,
  encode(request, writer) {
    writer.compactString(request.transactionalId).int32(request.transactionTimeoutMs)
    writer.int64(request.producerId).int16(request.producerEpoch).tags()
  },
  decode(reader) {
    reader.int32() // throttle time
    const errorCode = reader.int16()
    return { errorCode, producerId: reader.int64(), producerEpoch: reader.int16() }
  },
}
