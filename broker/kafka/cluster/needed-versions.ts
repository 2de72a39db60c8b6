import { FatalBrokerError } from '../../errors.ts'
import type { ApiVersions } from '../wire/api-versions.ts'

/** What is spoken whatever the cluster's `transaction.version`; name, api key, version. */
const always: readonly [name: string, key: number, version: number][] = [
  ['Produce', 0, 9],
  ['Fetch', 1, 11],
  ['ListOffsets', 2, 6],
  ['Metadata', 3, 11],
  ['OffsetCommit', 8, 8],
  ['OffsetFetch', 9, 7],
  ['FindCoordinator', 10, 3],
  ['JoinGroup', 11, 7],
  ['Heartbeat', 12, 4],
  ['LeaveGroup', 13, 4],
  ['SyncGroup', 14, 5],
  ['CreateTopics', 19, 7],
  ['DeleteTopics', 20, 5],
  ['DeleteRecords', 21, 2],
  ['InitProducerId', 22, 4],
  ['DescribeConfigs', 32, 4],
]

/** KIP-890: the broker adds partitions to transactions, and each ends with a new epoch. */
const withTransactionVersion2: typeof always = [
  ['Produce', 0, 12],
  ['EndTxn', 26, 5],
  ['TxnOffsetCommit', 28, 5],
]

const withOlderTransactions: typeof always = [
  ['AddPartitionsToTxn', 24, 3],
  ['AddOffsetsToTxn', 25, 3],
  ['EndTxn', 26, 3],
  ['TxnOffsetCommit', 28, 3],
]

/** The level from which the newer transaction protocol is used. */
export const TRANSACTION_VERSION_2 = 2

export function transactionVersionOf({ features }: ApiVersions): number {
  return features.get('transaction.version') ?? 0
}

/** @throws {FatalBrokerError} the broker is too old, or one day too new */
export function checkVersions(versions: ApiVersions): void {
  const isNewer = transactionVersionOf(versions) >= TRANSACTION_VERSION_2
  const needed = [...always, ...(isNewer ? withTransactionVersion2 : withOlderTransactions)]
  const lacking = needed.flatMap(([name, key, version]) => {
    const range = versions.ranges.get(key)
    if (range !== undefined && range.min <= version && version <= range.max) return []
    const speaks = range === undefined ? 'not at all' : `${range.min} to ${range.max}`
    return [`${name} ${version} (it speaks ${speaks})`]
  })
  if (lacking.length > 0) {
    throw new FatalBrokerError(
      `the broker does not speak ${lacking.join(', ')}: this program works with Apache Kafka 2.8 ` +
        'and newer, tested with 4.3',
    )
  }
}
