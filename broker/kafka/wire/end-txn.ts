import type { Api } from './api.ts'
import { writeProducer, type TransactionProducer } from './transaction-fields.ts'

export interface EndTxnRequest extends TransactionProducer {
  readonly isCommit: boolean
}

export interface EndTxnAnswer {
  readonly errorCode: number
}

/** Who writes the next transaction. */
export interface EndTxnV5Answer extends EndTxnAnswer {
  readonly producerId: bigint
  readonly producerEpoch: number
}

export const endTxnV3: Api<EndTxnRequest, EndTxnAnswer> = {
  ...endTxnRequest(3),
  decode(reader) {
    reader.int32() // throttle time
    return { errorCode: reader.int16() }
  },
}

/** KIP-890: every end raises the epoch, which makes it repeatable. */
export const endTxnV5: Api<EndTxnRequest, EndTxnV5Answer> = {
  ...endTxnRequest(5),
  decode(reader) {
    reader.int32() // throttle time
    const errorCode = reader.int16()
    return { errorCode, producerId: reader.int64(), producerEpoch: reader.int16() }
  },
}

function endTxnRequest(version: 3 | 5): Omit<Api<EndTxnRequest, never>, 'decode'> {
  return {
    key: 26,
    version,
    name: 'EndTxn',
    isFlexible: true,
    encode(request, writer) {
      writeProducer(request, writer)
      writer.bool(request.isCommit).tags()
    },
  }
}
