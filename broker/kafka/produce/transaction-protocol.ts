import type { TopicPartition } from '../../port.ts'
import type { Api } from '../wire/api.ts'
import type { ProduceAnswer, ProduceRequest } from '../wire/produce.ts'
import type { TxnOffsetCommitRequest } from '../wire/txn-offset-commit.ts'
import type { PartitionAnswer } from '../wire/transaction-fields.ts'
import type { ProducerIdentity } from './producer-identity.ts'
import type { RetryBudget } from './retry-budget.ts'

/** What the two generations of Kafka's transactions do differently, for one transactional id. */
export interface TransactionProtocol {
  readonly produce: Api<ProduceRequest, readonly ProduceAnswer[]>
  readonly txnOffsetCommit: Api<TxnOffsetCommitRequest, readonly PartitionAnswer[]>

  /** Whether offsets may be sent again when the answer is lost: no late request can do harm. */
  readonly repeatsOffsets: boolean

  /** Called before batches go to `partitions`; those already in the transaction may be among. */
  enterPartitions(
    identity: ProducerIdentity,
    partitions: readonly TopicPartition[],
    budget: RetryBudget,
  ): Promise<void>

  /** Called before offsets go to the group. */
  enterGroup(identity: ProducerIdentity, groupId: string, budget: RetryBudget): Promise<void>

  /**
   * Commits or aborts.
   *
   * @param hasFailed the transaction had an error: what was numbered may not be in the log
   * @returns who writes the next transaction
   * @throws {UnknownOutcomeError} it may or may not have ended; `init` decides
   */
  end(
    identity: ProducerIdentity,
    verdict: 'commit' | 'abort',
    hasFailed: boolean,
    budget: RetryBudget,
  ): Promise<ProducerIdentity>
}
