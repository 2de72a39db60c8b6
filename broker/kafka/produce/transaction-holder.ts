import { AbortableError, RetriableError, UnknownOutcomeError } from '../../errors.ts'
import { errorCodes } from '../error-codes.ts'
import { initProducerId } from '../wire/init-producer-id.ts'
import type { CoordinatorCalls } from './coordinator-calls.ts'
import { ProducerIdentity } from './producer-identity.ts'
import type { RetryBudget } from './retry-budget.ts'
import { refusalOfCall } from './transaction-refusal.ts'

/** Whoever holds the id now. */
const ANY_PRODUCER_ID = -1n
const ANY_EPOCH = -1

/** Obtains the producer id and epoch under which a transactional id may write. */
export class TransactionHolder {
  readonly #transactionalId: string
  readonly #timeoutMs: number
  readonly #coordinator: CoordinatorCalls

  constructor(transactionalId: string, timeoutMs: number, coordinator: CoordinatorCalls) {
    this.#transactionalId = transactionalId
    this.#timeoutMs = timeoutMs
    this.#coordinator = coordinator
  }

  /** Fences every earlier holder; waits until what it left open is aborted. */
  takeOver(budget: RetryBudget): Promise<ProducerIdentity> {
    return this.#ask(ANY_PRODUCER_ID, ANY_EPOCH, budget)
  }

  /**
   * The next epoch of a holder that was not fenced meanwhile (KIP-360).
   * @throws {FencedError}
   */
  raiseEpoch(
    { producerId, producerEpoch }: ProducerIdentity,
    budget: RetryBudget,
  ): Promise<ProducerIdentity> {
    return this.#ask(producerId, producerEpoch, budget)
  }

  async #ask(
    producerId: bigint,
    producerEpoch: number,
    budget: RetryBudget,
  ): Promise<ProducerIdentity> {
    const transactionalId = this.#transactionalId
    const { response, errorCode } = await this.#coordinator
      .call({
        api: initProducerId,
        request: {
          transactionalId,
          transactionTimeoutMs: this.#timeoutMs,
          producerId,
          producerEpoch,
        },
        codesOf: (answer) => [answer.errorCode],
        budget,
        // Each answer supersedes the one before: a lost one costs an epoch.
        repeatsUnanswered: true,
      })
      .catch((error: unknown) => {
        // Whether an epoch was spent is of no consequence.
        throw error instanceof UnknownOutcomeError ? new RetriableError(error.message) : error
      })
    if (errorCode === errorCodes.NONE) {
      return new ProducerIdentity(response.producerId, response.producerEpoch, true)
    }
    const refusal = refusalOfCall({ apiName: 'InitProducerId', errorCode, transactionalId })
    throw refusal instanceof AbortableError ? new RetriableError(refusal.message) : refusal
  }
}
