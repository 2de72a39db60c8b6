import { InvalidTopicError } from '../../errors.ts'
import type { PartitionOffset } from '../../port.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { errorCodes } from '../error-codes.ts'
import { deleteRecords } from '../wire/delete-records.ts'
import { askLeaders } from './leader-calls.ts'
import { refusal } from './refusal.ts'

/** @throws {RangeError} an offset beyond the log, or below 0 */
export async function trimLogs(
  cluster: KafkaCluster,
  before: readonly PartitionOffset[],
): Promise<void> {
  for (const at of before) {
    // Kafka takes −1 for "all": here it is a mistake.
    if (!Number.isSafeInteger(at.offset) || at.offset < 0) throw outside(at)
  }
  const timeoutMs = cluster.brokerTimeoutMs
  await askLeaders(
    cluster,
    before,
    (lane, items) =>
      lane.call(deleteRecords, { before: items, timeoutMs }, cluster.attemptTimeoutMs),
    (item, { code }) => {
      const { topic, partition } = item
      switch (code) {
        case errorCodes.NONE:
          return
        case errorCodes.OFFSET_OUT_OF_RANGE:
          throw outside(item)
        case errorCodes.POLICY_VIOLATION:
          throw new InvalidTopicError(`topic ${topic} is compacted: its records stay`)
        default:
          throw refusal(`records of ${topic}-${partition}`, 'Delete', code)
      }
    },
  )
}

function outside({ topic, partition, offset }: PartitionOffset): RangeError {
  return new RangeError(`offset ${offset} of ${topic}-${partition} is not in its log`)
}
