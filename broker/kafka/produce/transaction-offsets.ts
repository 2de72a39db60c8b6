import type { Cluster } from '../cluster.ts'
import { describeCode, errorCodes } from '../error-codes.ts'
import type { TxnOffsetCommitRequest } from '../wire/txn-offset-commit.ts'
import { CoordinatorCalls } from './coordinator-calls.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { TransactionProtocol } from './transaction-protocol.ts'
import { refusalOfCall } from './transaction-refusal.ts'

/**
 * Holds a group's offsets back until the transaction ends, and no longer.
 *
 * @throws {UnknownOutcomeError} no answer
 * @throws {StaleGenerationError} none was taken
 * @throws {FencedError} the member or the producer has been replaced
 * @throws {RangeError} metadata is longer than the broker takes
 */
export async function sendOffsetsToGroup(
  cluster: Cluster,
  protocol: TransactionProtocol,
  request: TxnOffsetCommitRequest,
  budget: RetryBudget,
): Promise<void> {
  const { transactionalId, group } = request
  const coordinator = new CoordinatorCalls(cluster, 'group', group.groupId)
  const { response, errorCode } = await coordinator.call({
    api: protocol.txnOffsetCommit,
    request,
    codesOf: (answers) => answers.map((answer) => answer.errorCode),
    budget,
    repeatsUnanswered: protocol.repeatsOffsets,
  })
  if (errorCode === errorCodes.NONE) return
  const { topic, partition } = response.find((answer) => answer.errorCode === errorCode)!
  if (
    errorCode === errorCodes.OFFSET_METADATA_TOO_LARGE ||
    errorCode === errorCodes.INVALID_COMMIT_OFFSET_SIZE
  ) {
    throw new RangeError(`offset metadata of ${topic}-${partition}: ${describeCode(errorCode)}`)
  }
  const { groupId } = group
  throw refusalOfCall({ apiName: 'TxnOffsetCommit', errorCode, transactionalId, topic, groupId })
}
