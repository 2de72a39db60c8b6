import type { TopicPartition } from '../../port.ts'
import type { Api } from './api.ts'
import { byTopic } from './by-topic.ts'
import type { PartitionAnswer } from './transaction-fields.ts'

export interface OffsetDeleteRequest {
  readonly groupId: string
  readonly partitions: readonly TopicPartition[]
}

export interface OffsetDeleteAnswer {
  readonly errorCode: number
  readonly partitions: readonly PartitionAnswer[]
}

/** KIP-496; it has no flexible version. */
export const offsetDelete: Api<OffsetDeleteRequest, OffsetDeleteAnswer> = {
  key: 47,
  version: 0,
  name: 'OffsetDelete',
  isFlexible: false,
  encode({ groupId, partitions }, writer) {
    writer.string(groupId)
    writer.array(byTopic(partitions), ([topic, ofTopic]) => {
      writer.string(topic)
      writer.array(ofTopic, ({ partition }) => writer.int32(partition))
    })
  },
  decode(reader) {
    const errorCode = reader.int16()
    reader.int32() // throttle time
    const answers = reader.array(() => {
      const topic = reader.string() ?? ''
      return reader.array(() => ({
        topic,
        partition: reader.int32(),
        errorCode: reader.int16(),
      }))
    })
    return { errorCode, partitions: answers.flat() }
  },
}
