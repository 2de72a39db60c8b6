import { FatalBrokerError, RetriableError } from '../../errors.ts'
import type { TopicPartition } from '../../port.ts'
import type { Cluster } from '../cluster.ts'
import { describeCode, errorCodes as code } from '../error-codes.ts'
import { initProducerId } from '../wire/init-producer-id.ts'
import { accessDenied } from './access-denied.ts'
import { ProducerIdentity } from './producer-identity.ts'
import type { RetryBudget } from './retry-budget.ts'

const REQUEST_TIMEOUT_MS = 10_000

/** The request's field has no meaning without a transactional id, but brokers check it. */
const UNUSED_TIMEOUT_MS = 60_000

/**
 * A fresh producer id for one that has no transactions; every broker gives them out, so the
 * leader that the batch goes to next is asked.
 *
 * @throws {RetriableError} the budget is spent
 * @throws {FatalBrokerError} the principal may not write idempotently
 */
export async function freshProducerId(
  cluster: Cluster,
  near: TopicPartition,
  budget: RetryBudget,
): Promise<ProducerIdentity> {
  for (;;) {
    let failure: RetriableError
    try {
      const [node] = await cluster.leaders([near])
      const answer = await cluster.lane(node!, 'produce').call(
        initProducerId,
        {
          transactionalId: null,
          transactionTimeoutMs: UNUSED_TIMEOUT_MS,
          producerId: -1n,
          producerEpoch: -1,
        },
        REQUEST_TIMEOUT_MS,
      )
      if (answer.errorCode === code.NONE) {
        return new ProducerIdentity(answer.producerId, answer.producerEpoch, false)
      }
      if (answer.errorCode === code.CLUSTER_AUTHORIZATION_FAILED) {
        throw accessDenied('IdempotentWrite', 'Cluster', 'kafka-cluster')
      }
      const what = `InitProducerId refused: ${describeCode(answer.errorCode)}`
      if (answer.errorCode === code.UNSUPPORTED_VERSION) throw new FatalBrokerError(what)
      failure = new RetriableError(what)
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error
      failure = error
    }
    cluster.forgetLeaders([near.topic])
    if (!(await budget.pause('long'))) throw failure
  }
}
