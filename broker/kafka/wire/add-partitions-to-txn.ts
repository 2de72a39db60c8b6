import type { TopicPartition } from '../../port.ts'
import type { Api } from './api.ts'
import { byTopic } from './by-topic.ts'
import {
  readPartitionAnswers,
  writeProducer,
  type PartitionAnswer,
  type TransactionProducer,
} from './transaction-fields.ts'

export interface AddPartitionsToTxnRequest extends TransactionProducer {
  readonly partitions: readonly TopicPartition[]
}

/** v3: from v4 on it is spoken between brokers only (KIP-890). */
export const addPartitionsToTxn: Api<AddPartitionsToTxnRequest, readonly PartitionAnswer[]> = {
  key: 24,
  version: 3,
  name: 'AddPartitionsToTxn',
  isFlexible: true,
  encode(request, writer) {
    writeProducer(request, writer)
    writer.compactArray(byTopic(request.partitions), ([topic, partitions]) => {
      writer.compactString(topic)
      writer.compactArray(partitions, ({ partition }) => writer.int32(partition))
      writer.tags()
    })
    writer.tags()
  },
  decode(reader) {
    reader.int32() // throttle time
    return readPartitionAnswers(reader)
  },
}
