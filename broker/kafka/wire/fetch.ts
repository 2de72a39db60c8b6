import type { Isolation, TopicPartition } from '../../port.ts'
import type { Api } from './api.ts'
import { byTopic } from './by-topic.ts'
import type { WireReader } from './wire-reader.ts'

export interface FetchRequest {
  readonly isolation: Isolation
  /** How long the broker waits for the first byte. */
  readonly maxWaitMs: number
  /** Of the whole answer; one batch is always given, however large. */
  readonly bytesMax: number
  readonly partitions: readonly PartitionToFetch[]
}

/** The answer prefers partitions that come first. */
export interface PartitionToFetch extends TopicPartition {
  readonly fetchOffset: number
  readonly partitionBytesMax: number
}

export interface FetchAnswer {
  /** Of the whole request. */
  readonly code: number
  readonly partitions: readonly FetchedPartition[]
}

export interface FetchedPartition extends TopicPartition {
  readonly code: number
  /** −1 in an error, as the two after it. */
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** Batches; the first may begin before the offset asked for, the last may be cut off. */
  readonly records: Buffer
}

/** A transaction that was aborted somewhere at or after the first offset fetched. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

const CONSUMER = -1
const BYTES_MIN = 1
const NO_SESSION = 0
const NO_SESSION_EPOCH = -1
const ANY_LEADER_EPOCH = -1
const NO_LOG_START = -1
const NO_RACK = ''
const NOTHING = Buffer.alloc(0)

/** Without a fetch session. Source: KIP-98 (isolation), KIP-227, KIP-392. */
export const fetch: Api<FetchRequest, FetchAnswer> = {
  key: 1,
  version: 11,
  name: 'Fetch',
  isFlexible: false,

  encode({ isolation, maxWaitMs, bytesMax, partitions }, writer) {
    writer.int32(CONSUMER).int32(maxWaitMs).int32(BYTES_MIN).int32(bytesMax)
    writer.int8(isolation === 'read_committed' ? 1 : 0)
    writer.int32(NO_SESSION).int32(NO_SESSION_EPOCH)
    writer.array(byTopic(partitions), ([topic, items]) => {
      writer.string(topic)
      writer.array(items, ({ partition, fetchOffset, partitionBytesMax }) => {
        writer.int32(partition).int32(ANY_LEADER_EPOCH).int64(fetchOffset)
        writer.int64(NO_LOG_START).int32(partitionBytesMax)
      })
    })
    writer.array([], () => undefined)
    writer.string(NO_RACK)
  },

  decode(reader) {
    reader.int32() // throttle time: the broker holds the answer back by itself
    const code = reader.int16()
    reader.int32()
    const topics = reader.array(() => {
      const topic = reader.string() ?? ''
      return reader.array(() => readPartition(topic, reader))
    })
    return { code, partitions: topics.flat() }
  },
}

function readPartition(topic: string, reader: WireReader): FetchedPartition {
  const partition = reader.int32()
  const code = reader.int16()
  const highWatermark = reader.offset()
  const lastStableOffset = reader.offset()
  const logStartOffset = reader.offset()
  const aborted = reader.array(() => ({
    producerId: reader.int64(),
    firstOffset: reader.offset(),
  }))
  reader.int32() // preferred replica: no rack was given
  const records = reader.bytes() ?? NOTHING
  return {
    topic,
    partition,
    code,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    aborted,
    records,
  }
}
