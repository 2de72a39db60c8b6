import type { CommittedOffset, TopicPartition } from '../../port.ts'
import type { Api } from './api.ts'
import { byTopic } from './by-topic.ts'
import type { WireReader } from './wire-reader.ts'

export interface OffsetFetchRequest {
  readonly groupId: string
  /** null: every partition that has a committed offset. */
  readonly partitions: readonly TopicPartition[] | null
}

export interface FetchedOffset extends CommittedOffset {
  readonly errorCode: number
}

export interface OffsetFetchAnswer {
  readonly errorCode: number
  /** An offset of −1: none is committed. */
  readonly offsets: readonly FetchedOffset[]
}

/** v7, stable: a partition that an open transaction is about to change is answered 88 (KIP-447). */
export const offsetFetch: Api<OffsetFetchRequest, OffsetFetchAnswer> = {
  key: 9,
  version: 7,
  name: 'OffsetFetch',
  isFlexible: true,
  encode({ groupId, partitions }, writer) {
    writer.compactString(groupId)
    const topics = partitions === null ? null : byTopic(partitions)
    writer.compactArray(topics, ([topic, ofTopic]) => {
      writer.compactString(topic)
      writer.compactArray(ofTopic, ({ partition }) => writer.int32(partition))
      writer.tags()
    })
    writer.bool(true).tags()
  },
  decode(reader) {
    reader.int32() // throttle time
    const offsets = reader
      .compactArray(() => {
        const topic = reader.compactString() ?? ''
        const ofTopic = reader.compactArray(() => decodePartition(topic, reader))
        reader.tags()
        return ofTopic
      })
      .flat()
    return { offsets, errorCode: reader.int16() }
  },
}

function decodePartition(topic: string, reader: WireReader): FetchedOffset {
  const partition = reader.int32()
  const offset = reader.offset()
  reader.int32() // leader epoch
  const metadata = reader.compactString() ?? ''
  const errorCode = reader.int16()
  reader.tags()
  return { topic, partition, offset, metadata, errorCode }
}
