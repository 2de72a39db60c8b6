import type { PartitionOffset, TopicPartition } from '../../port.ts'
import type { Api } from './api.ts'
import { byTopic } from './by-topic.ts'

export interface DeleteRecordsRequest {
  readonly before: readonly PartitionOffset[]
  readonly timeoutMs: number
}

export interface DeletedRecords extends TopicPartition {
  readonly code: number
}

/** Source: KIP-107. */
export const deleteRecords: Api<DeleteRecordsRequest, readonly DeletedRecords[]> = {
  key: 21,
  version: 2,
  name: 'DeleteRecords',
  isFlexible: true,

  encode({ before, timeoutMs }, writer) {
    writer.compactArray(byTopic(before), ([topic, partitions]) => {
      writer.compactString(topic)
      writer.compactArray(partitions, ({ partition, offset }) => {
        writer.int32(partition).int64(offset).tags()
      })
      writer.tags()
    })
    writer.int32(timeoutMs).tags()
  },

  decode(reader) {
    reader.int32() // throttle time
    const topics = reader.compactArray(() => {
      const topic = reader.compactString() ?? ''
      const partitions = reader.compactArray(() => {
        const partition = reader.int32()
        reader.int64()
        const code = reader.int16()
        reader.tags()
        return { topic, partition, code }
      })
      reader.tags()
      return partitions
    })
    return topics.flat()
  },
}
