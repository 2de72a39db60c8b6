import type { CommittedOffset } from '../../port.ts'
import type { Api } from './api.ts'
import { byTopic } from './by-topic.ts'
import { type GroupSeat, writeSeat } from './group-fields.ts'
import { readPartitionAnswers, type PartitionAnswer } from './transaction-fields.ts'

const LEADER_EPOCH_UNKNOWN = -1

export interface OffsetCommitRequest extends GroupSeat {
  readonly offsets: readonly CommittedOffset[]
}

export const offsetCommit: Api<OffsetCommitRequest, readonly PartitionAnswer[]> = {
  key: 8,
  version: 8,
  name: 'OffsetCommit',
  isFlexible: true,
  encode(request, writer) {
    writeSeat(request, writer)
    writer.compactArray(byTopic(request.offsets), ([topic, partitions]) => {
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
