import { AbortableError, FencedError, UnknownOutcomeError } from '../../errors.ts'
import { errorCodes } from '../error-codes.ts'
import { endTxnV5 } from '../wire/end-txn.ts'
import { produceV12 } from '../wire/produce.ts'
import { txnOffsetCommitV5 } from '../wire/txn-offset-commit.ts'
import type { CoordinatorCalls } from './coordinator-calls.ts'
import { ProducerIdentity } from './producer-identity.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { TransactionProtocol } from './transaction-protocol.ts'
import { refusalOfCall } from './transaction-refusal.ts'

/**
 * Transactions of version 2 (KIP-890).
 *
 * Every end raises the epoch, so nothing late can reach the next transaction, and an unanswered
 * end may be asked again: the same epoch and verdict are answered with success. Brokers add
 * partitions and groups to the transaction themselves.
 */
export class TransactionProtocolV2 implements TransactionProtocol {
  readonly produce = produceV12
  readonly txnOffsetCommit = txnOffsetCommitV5
  readonly repeatsOffsets = true
  readonly #transactionalId: string
  readonly #coordinator: CoordinatorCalls

  constructor(transactionalId: string, coordinator: CoordinatorCalls) {
    this.#transactionalId = transactionalId
    this.#coordinator = coordinator
  }

  async enterPartitions(): Promise<void> {
    // Produce v12 does.
  }

  async enterGroup(): Promise<void> {
    // TxnOffsetCommit v5 does.
  }

  async end(
    { producerId, producerEpoch }: ProducerIdentity,
    verdict: 'commit' | 'abort',
    _hasFailed: boolean,
    budget: RetryBudget,
  ): Promise<ProducerIdentity> {
    const transactionalId = this.#transactionalId
    const isCommit = verdict === 'commit'
    const { response, errorCode, isRepeat } = await this.#coordinator.call({
      api: endTxnV5,
      request: { transactionalId, producerId, producerEpoch, isCommit },
      codesOf: (answer) => [answer.errorCode],
      budget,
      repeatsUnanswered: true,
    })
    if (errorCode === errorCodes.NONE) {
      return new ProducerIdentity(response.producerId, response.producerEpoch, true)
    }
    const refusal = refusalOfCall({ apiName: 'EndTxn', errorCode, transactionalId })
    // The attempt before may have ended it, and then somebody else moved the epoch on.
    if (isRepeat) throw new UnknownOutcomeError(`${refusal.message}, after an unanswered attempt`)
    if (isCommit && errorCode === errorCodes.INVALID_TXN_STATE) {
      // Batches or offsets were taken under this epoch, so somebody has aborted them: the
      // coordinator when the timeout was over, or an operator.
      throw new FencedError(`${refusal.message}: the transaction was open for too long`)
    }
    if (!isCommit && refusal instanceof AbortableError) {
      throw new UnknownOutcomeError(refusal.message)
    }
    throw refusal
  }
}
