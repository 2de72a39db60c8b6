import type { Api } from './api.ts'
import type { WireReader } from './wire-reader.ts'

export interface MetadataRequest {
  /** Null: all topics. Empty: brokers and controller only. */
  readonly topics: readonly string[] | null
}

export interface BrokerNode {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export interface PartitionMetadata {
  readonly code: number
  readonly partition: number
  /** −1: none at the moment. */
  readonly leader: number
}

export interface TopicMetadata {
  readonly code: number
  readonly name: string
  /** 16 bytes; zero where the topic is unknown. */
  readonly topicId: Buffer
  readonly isInternal: boolean
  readonly partitions: readonly PartitionMetadata[]
}

export interface Metadata {
  readonly brokers: readonly BrokerNode[]
  readonly controllerId: number
  readonly topics: readonly TopicMetadata[]
}

const NO_TOPIC_ID = Buffer.alloc(16)

/** Source: Kafka protocol guide; KIP-516 (topic ids). Never creates the topics asked for. */
export const metadata: Api<MetadataRequest, Metadata> = {
  key: 3,
  version: 11,
  name: 'Metadata',
  isFlexible: true,

  encode({ topics }, writer) {
    writer.compactArray(topics, (name) => {
      for (const byte of NO_TOPIC_ID) writer.int8(byte)
      writer.compactString(name).tags()
    })
    writer.bool(false).bool(false).tags()
  },

  decode(reader) {
    reader.int32()
    const brokers = reader.compactArray(readBroker)
    reader.compactString()
    const controllerId = reader.int32()
    const topics = reader.compactArray(readTopic)
    return { brokers, controllerId, topics }
  },
}

function readBroker(reader: WireReader): BrokerNode {
  const nodeId = reader.int32()
  const host = reader.compactString() ?? ''
  const port = reader.int32()
  reader.compactString()
  reader.tags()
  return { nodeId, host, port }
}

function readTopic(reader: WireReader): TopicMetadata {
  const code = reader.int16()
  const name = reader.compactString() ?? ''
  const topicId = reader.uuid()
  const isInternal = reader.bool()
  const partitions = reader.compactArray(readPartition)
  reader.int32()
  reader.tags()
  return { code, name, topicId, isInternal, partitions }
}

function readPartition(reader: WireReader): PartitionMetadata {
  const code = reader.int16()
  const partition = reader.int32()
  const leader = reader.int32()
  reader.int32()
  for (let list = 0; list < 3; list++) reader.compactArray(() => reader.int32())
  reader.tags()
  return { code, partition, leader }
}
