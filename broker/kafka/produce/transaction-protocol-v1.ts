import { AbortableError, UnknownOutcomeError } from '../../errors.ts'
import type { TopicPartition } from '../../port.ts'
import { errorCodes } from '../error-codes.ts'
import { addOffsetsToTxn } from '../wire/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../wire/add-partitions-to-txn.ts'
import { endTxnV3 } from '../wire/end-txn.ts'
import { produceV9 } from '../wire/produce.ts'
import type { TransactionProducer } from '../wire/transaction-fields.ts'
import { txnOffsetCommitV3 } from '../wire/txn-offset-commit.ts'
import type { CoordinatorCalls } from './coordinator-calls.ts'
import type { ProducerIdentity } from './producer-identity.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { TransactionProtocol } from './transaction-protocol.ts'
import { refusalOfCall } from './transaction-refusal.ts'

/** Asks for another epoch of a producer that is still the holder (KIP-360). */
export type RaiseEpoch = (
  identity: ProducerIdentity,
  budget: RetryBudget,
) => Promise<ProducerIdentity>

/**
 * Transactions below version 2 (KIP-98).
 *
 * V1. The epoch outlives the end of a transaction, so a late EndTxn could end the next one
 *     (KAFKA-17754): an unanswered end is never repeated, its epoch never used again.
 * V2. Likewise late offsets could replace those of the next transaction, and the group would go
 *     back: unanswered ones fail the transaction. Late batches are known by their sequence.
 * V3. After an abort of what had failed the epoch is raised: batches that were numbered but not
 *     appended leave a gap that no broker accepts, and a late one must not be.
 */
export class TransactionProtocolV1 implements TransactionProtocol {
  readonly produce = produceV9
  readonly txnOffsetCommit = txnOffsetCommitV3
  readonly repeatsOffsets = false
  readonly #transactionalId: string
  readonly #coordinator: CoordinatorCalls
  readonly #raiseEpoch: RaiseEpoch
  readonly #partitions = new Set<string>()
  readonly #groups = new Set<string>()

  constructor(transactionalId: string, coordinator: CoordinatorCalls, raiseEpoch: RaiseEpoch) {
    this.#transactionalId = transactionalId
    this.#coordinator = coordinator
    this.#raiseEpoch = raiseEpoch
  }

  async enterPartitions(
    identity: ProducerIdentity,
    partitions: readonly TopicPartition[],
    budget: RetryBudget,
  ): Promise<void> {
    const added = new Map<string, TopicPartition>()
    for (const { topic, partition } of partitions) {
      const key = `${topic}/${partition}`
      if (!this.#partitions.has(key)) added.set(key, { topic, partition })
    }
    if (added.size === 0) return
    const { response, errorCode } = await this.#coordinator.call({
      api: addPartitionsToTxn,
      request: { ...this.#producer(identity), partitions: [...added.values()] },
      codesOf: (answers) => answers.map((answer) => answer.errorCode),
      budget,
      repeatsUnanswered: true,
    })
    if (errorCode !== errorCodes.NONE) {
      const refused = response.find((answer) => answer.errorCode === errorCode)!
      throw this.#refusal('AddPartitionsToTxn', errorCode, { topic: refused.topic })
    }
    for (const key of added.keys()) this.#partitions.add(key)
  }

  async enterGroup(
    identity: ProducerIdentity,
    groupId: string,
    budget: RetryBudget,
  ): Promise<void> {
    if (this.#groups.has(groupId)) return
    const { errorCode } = await this.#coordinator.call({
      api: addOffsetsToTxn,
      request: { ...this.#producer(identity), groupId },
      codesOf: (answer) => [answer.errorCode],
      budget,
      repeatsUnanswered: true,
    })
    if (errorCode !== errorCodes.NONE) {
      throw this.#refusal('AddOffsetsToTxn', errorCode, { groupId })
    }
    this.#groups.add(groupId)
  }

  async end(
    identity: ProducerIdentity,
    verdict: 'commit' | 'abort',
    hasFailed: boolean,
    budget: RetryBudget,
  ): Promise<ProducerIdentity> {
    this.#partitions.clear()
    this.#groups.clear()
    const { errorCode, isRepeat } = await this.#coordinator.call({
      api: endTxnV3,
      request: { ...this.#producer(identity), isCommit: verdict === 'commit' },
      codesOf: (answer) => [answer.errorCode],
      budget,
      repeatsUnanswered: false,
    })
    // Nothing had entered before the failure, so there is nothing to abort.
    const wasNeverBegun =
      verdict === 'abort' && hasFailed && errorCode === errorCodes.INVALID_TXN_STATE
    if (errorCode !== errorCodes.NONE && !wasNeverBegun) {
      const refusal = this.#refusal('EndTxn', errorCode, {})
      if (isRepeat || (verdict === 'abort' && refusal instanceof AbortableError)) {
        throw new UnknownOutcomeError(refusal.message)
      }
      throw refusal
    }
    return hasFailed ? await this.#raiseEpoch(identity, budget) : identity
  }

  #producer({ producerId, producerEpoch }: ProducerIdentity): TransactionProducer {
    return { transactionalId: this.#transactionalId, producerId, producerEpoch }
  }

  #refusal(
    apiName: string,
    errorCode: number,
    about: { readonly topic?: string; readonly groupId?: string },
  ): Error {
    const transactionalId = this.#transactionalId
    return refusalOfCall({ apiName, errorCode, transactionalId, ...about })
  }
}
