import type { Api } from './api.ts'
import { writeProducer, type TransactionProducer } from './transaction-fields.ts'

export interface AddOffsetsToTxnRequest extends TransactionProducer {
  readonly groupId: string
}

export interface AddOffsetsToTxnAnswer {
  readonly errorCode: number
}

/** Below transaction version 2: the group's offsets partition joins the transaction. */
export const addOffsetsToTxn: Api<AddOffsetsToTxnRequest, AddOffsetsToTxnAnswer> = {
  key: 25,
  version: 3,
  name: 'AddOffsetsToTxn',
  isFlexible: true,
  encode(request, writer) {
    writeProducer(request, writer)
    writer.compactString(request.groupId).tags()
  },
  decode(reader) {
    reader.int32() // throttle time
    return { errorCode: reader.int16() }
  },
}
