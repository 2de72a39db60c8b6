import type { TopicPartition } from '../../port.ts'
import type { WireReader } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

/** Whose transaction a request belongs to. */
export interface TransactionProducer {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly producerEpoch: number
}

export interface PartitionAnswer extends TopicPartition {
  readonly errorCode: number
}

export function writeProducer(producer: TransactionProducer, writer: WireWriter): void {
  writer.compactString(producer.transactionalId)
  writer.int64(producer.producerId).int16(producer.producerEpoch)
}

/** `[topic [partition, error code]]`, as several transaction answers hold it. */
export function readPartitionAnswers(reader: WireReader): PartitionAnswer[] {
  return reader
    .compactArray(() => {
      const topic = reader.compactString() ?? ''
      const answers = reader.compactArray(() => {
        const answer = { topic, partition: reader.int32(), errorCode: reader.int16() }
        reader.tags()
        return answer
      })
      reader.tags()
      return answers
    })
    .flat()
}
