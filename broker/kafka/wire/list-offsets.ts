import type { Isolation, TopicPartition } from '../../port.ts'
import type { Api } from './api.ts'
import { byTopic } from './by-topic.ts'

export const LATEST = -1
export const EARLIEST = -2

export interface ListOffsetsRequest {
  readonly isolation: Isolation
  readonly partitions: readonly TopicPartition[]
  /** Milliseconds since the epoch, {@link LATEST} or {@link EARLIEST}. */
  readonly timestampMs: number
}

export interface ListedOffset extends TopicPartition {
  readonly code: number
  /** −1: no record at or after the time. */
  readonly offset: number
}

const CLIENT = -1
const ANY_EPOCH = -1

/** Source: KIP-79 (by time), KIP-98 (isolation). */
export const listOffsets: Api<ListOffsetsRequest, readonly ListedOffset[]> = {
  key: 2,
  version: 6,
  name: 'ListOffsets',
  isFlexible: true,

  encode({ isolation, partitions, timestampMs }, writer) {
    writer.int32(CLIENT).int8(isolation === 'read_committed' ? 1 : 0)
    writer.compactArray(byTopic(partitions), ([topic, items]) => {
      writer.compactString(topic)
      writer.compactArray(items, ({ partition }) => {
        writer.int32(partition).int32(ANY_EPOCH).int64(timestampMs).tags()
      })
      writer.tags()
    })
    writer.tags()
  },

  decode(reader) {
    reader.int32() // throttle time
    const topics = reader.compactArray(() => {
      const topic = reader.compactString() ?? ''
      const partitions = reader.compactArray(() => {
        const partition = reader.int32()
        const code = reader.int16()
        reader.int64()
        const offset = reader.offset()
        reader.int32()
        reader.tags()
        return { topic, partition, code, offset }
      })
      reader.tags()
      return partitions
    })
    return topics.flat()
  },
}
