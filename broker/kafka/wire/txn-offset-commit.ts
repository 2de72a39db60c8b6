import type { CommittedOffset, GroupMetadata } from '../../port.ts'
import type { Api } from './api.ts'
import { byTopic } from './by-topic.ts'
import {
  readPartitionAnswers,
  type PartitionAnswer,
  type TransactionProducer,
} from './transaction-fields.ts'

const LEADER_EPOCH_UNKNOWN = -1

export interface TxnOffsetCommitRequest extends TransactionProducer {
  /** Generation and member are always sent: without them a live group is not asked (KIP-447). */
  readonly group: GroupMetadata
  readonly offsets: readonly CommittedOffset[]
}

export const txnOffsetCommitV3 = txnOffsetCommitApi(3)

/** KIP-890: the group coordinator itself adds its partition to the transaction. */
export const txnOffsetCommitV5 = txnOffsetCommitApi(5)

function txnOffsetCommitApi(
  version: 3 | 5,
): Api<TxnOffsetCommitRequest, readonly PartitionAnswer[]> {
  return {
    key: 28,
    version,
    name: 'TxnOffsetCommit',
    isFlexible: true,
    encode({ transactionalId, producerId, producerEpoch, group, offsets }, writer) {
      writer.compactString(transactionalId).compactString(group.groupId)
      writer.int64(producerId).int16(producerEpoch)
      writer.int32(group.generationId).compactString(group.memberId)
      writer.compactString(null) // group instance id: the member id names the holder already
      writer.compactArray(byTopic(offsets), ([topic, partitions]) => {
        writer.compactString(topic)
        writer.compactArray(partitions, ({ partition, offset, metadata }) => {
          writer.int32(partition).int64(offset).int32(LEADER_EPOCH_UNKNOWN)
          writer.compactString(metadata).tags()
        })
        writer.tags()
      })
      writer.tags()
    },
    decode(reader) {
      reader.int32() // throttle time
      return readPartitionAnswers(reader)
    },
  }
}
