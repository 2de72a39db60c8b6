import { BrokerError, FatalBrokerError, RetriableError, UnknownTopicError } from '../../errors.ts'
import type { Ack } from '../../port.ts'
import type { Cluster } from '../cluster.ts'
import { describeCode, errorCodes } from '../error-codes.ts'
import type { ProduceAnswer } from '../wire/produce.ts'
import type { LeaderRequests, SealedBatch } from './leader-requests.ts'
import { isPassing, refusalOf, settlesShortly, surelyNotAppended } from './produce-answers.ts'
import type { RetryBudget } from './retry-budget.ts'

/** A batch was not acknowledged. */
export interface FailedDelivery {
  readonly cause: BrokerError
  /** An attempt went unanswered, or was answered in doubt: readers may see the batch. */
  readonly mayBeAppended: boolean
}

export type Delivery = { readonly ack: Ack } | FailedDelivery

export interface DeliveryRoute {
  readonly cluster: Cluster
  readonly requests: LeaderRequests
  readonly transactionalId: string | null
}

/**
 * Brings one sealed batch to its partition's leader, wherever that moves.
 *
 * D1. Every attempt sends the same bytes, so the same producer id, epoch and sequence: a broker
 *     that has the batch says so with its first offset, and appends nothing (KIP-98). A lost
 *     connection, a timeout and a moved leader are therefore all met by sending it again.
 * D2. When the time is up it says whether the batch may be in the log; it never guesses.
 */
export class BatchDelivery {
  readonly #route: DeliveryRoute
  readonly #batch: SealedBatch
  readonly #budget: RetryBudget
  #mayBeAppended = false

  constructor(route: DeliveryRoute, batch: SealedBatch, budget: RetryBudget) {
    this.#route = route
    this.#batch = batch
    this.#budget = budget
  }

  /** @param isGivenUp no attempt follows once it says so */
  async run(isGivenUp: () => boolean): Promise<Delivery> {
    for (;;) {
      const answer = await this.#attempt()
      if (answer instanceof BrokerError) {
        if (this.#isFinal(answer)) return this.#failed(answer)
        this.#forgetLeader()
        if (!(await this.#budget.pause('long')) || isGivenUp()) return this.#failed(answer)
        continue
      }
      const { errorCode, topic, partition, baseOffset, logAppendTimeMs } = answer
      if (errorCode === errorCodes.NONE) {
        return { ack: { topic, partition, baseOffset, logAppendTimeMs } }
      }
      if (!surelyNotAppended(errorCode)) this.#mayBeAppended = true
      if (!isPassing(errorCode)) {
        return this.#failed(refusalOf(answer, this.#route.transactionalId))
      }
      const isShort = settlesShortly(errorCode)
      if (!isShort) this.#forgetLeader()
      if (!(await this.#budget.pause(isShort ? 'short' : 'long')) || isGivenUp()) {
        return this.#failed(lastAnswer(answer))
      }
    }
  }

  async #attempt(): Promise<ProduceAnswer | BrokerError> {
    let isSent = false
    try {
      const [leader] = await this.#route.cluster.leaders([this.#batch])
      isSent = true
      return await this.#route.requests.produce(leader!, this.#batch)
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      if (isSent && error instanceof RetriableError) this.#mayBeAppended = true
      return error
    }
  }

  #isFinal(error: BrokerError): boolean {
    if (error instanceof FatalBrokerError) return true
    return error instanceof UnknownTopicError && this.#budget.isSpentOnUnknownTopic
  }

  #forgetLeader(): void {
    this.#route.cluster.forgetLeaders([this.#batch.topic])
  }

  #failed(cause: BrokerError): FailedDelivery {
    return { cause, mayBeAppended: this.#mayBeAppended }
  }
}

function lastAnswer({ topic, partition, errorCode }: ProduceAnswer): RetriableError {
  return new RetriableError(
    `${topic}-${partition} took no batch in time; last answer ${describeCode(errorCode)}`,
  )
}
