import type { TopicPartition } from '../../port.ts'
import type { Api } from './api.ts'
import { byTopic } from './by-topic.ts'
import type { WireReader } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

const ALL_REPLICAS = -1

export interface ProduceRequest {
  /** null: not part of a transaction. */
  readonly transactionalId: string | null
  /** How long the leader waits for its replicas. */
  readonly timeoutMs: number
  /** At most one batch a partition: brokers refuse a request with more. */
  readonly batches: readonly (TopicPartition & { readonly bytes: Buffer })[]
}

/** Not in the order of the request: matched by topic and partition. */
export interface ProduceAnswer extends TopicPartition {
  readonly errorCode: number
  readonly baseOffset: number
  /** −1 unless the topic stamps records itself. */
  readonly logAppendTimeMs: number
  /** What the broker says about a refused batch, and about its first refused record. */
  readonly errorMessage: string | null
}

/** Below transaction version 2; v9 is the first flexible version (Kafka 2.4). */
export const produceV9 = produceApi(9)

/** KIP-890: the leader itself adds the partition to the transaction. */
export const produceV12 = produceApi(12)

function produceApi(version: 9 | 12): Api<ProduceRequest, readonly ProduceAnswer[]> {
  return { key: 0, version, name: 'Produce', isFlexible: true, encode, decode }
}

function encode(request: ProduceRequest, writer: WireWriter): void {
  writer.compactString(request.transactionalId).int16(ALL_REPLICAS).int32(request.timeoutMs)
  writer.compactArray(byTopic(request.batches), ([topic, batches]) => {
    writer.compactString(topic)
    writer.compactArray(batches, ({ partition, bytes }) => {
      writer.int32(partition)
      // Compact bytes, their content uncopied.
      writer.varint(bytes.length + 1).splice(bytes)
      writer.tags()
    })
    writer.tags()
  })
  writer.tags()
}

function decode(reader: WireReader): readonly ProduceAnswer[] {
  return reader
    .compactArray(() => {
      const topic = reader.compactString() ?? ''
      const answers = reader.compactArray(() => decodePartition(topic, reader))
      reader.tags()
      return answers
    })
    .flat()
}

function decodePartition(topic: string, reader: WireReader): ProduceAnswer {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const baseOffset = reader.offset()
  const logAppendTimeMs = reader.offset()
  reader.int64() // log start offset
  const recordMessages = reader.compactArray(() => {
    reader.int32() // index of the record in its batch
    const message = reader.compactString()
    reader.tags()
    return message
  })
  const batchMessage = reader.compactString()
  const errorMessage = recordMessages[0] ?? batchMessage
  reader.tags()
  return { topic, partition, errorCode, baseOffset, logAppendTimeMs, errorMessage }
}
