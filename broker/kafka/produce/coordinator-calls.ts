import { RetriableError, UnknownOutcomeError } from '../../errors.ts'
import type { Cluster, CoordinatorKind } from '../cluster.ts'
import { describeCode, errorCodes as code } from '../error-codes.ts'
import type { Api } from '../wire/api.ts'
import type { RetryBudget } from './retry-budget.ts'

/** No shorter than that of the batches on the same lane, behind which a call may have to wait. */
const REQUEST_TIMEOUT_MS = 15_000

/** The coordinator is another one, or not ready. */
const misdirected = new Set<number>([
  code.COORDINATOR_LOAD_IN_PROGRESS,
  code.COORDINATOR_NOT_AVAILABLE,
  code.NOT_COORDINATOR,
])

const passing = new Set<number>([
  ...misdirected,
  code.REQUEST_TIMED_OUT,
  code.NETWORK_EXCEPTION,
  code.CONCURRENT_TRANSACTIONS,
  code.KAFKA_STORAGE_ERROR,
  code.OPERATION_NOT_ATTEMPTED,
])

/** Passing answers after which the coordinator has surely done nothing. */
const undone = new Set<number>([
  code.COORDINATOR_LOAD_IN_PROGRESS,
  code.UNKNOWN_TOPIC_OR_PARTITION,
  code.CONCURRENT_TRANSACTIONS,
  code.OPERATION_NOT_ATTEMPTED,
])

export interface CoordinatorCall<Request, Response> {
  readonly api: Api<Request, Response>
  readonly request: Request
  readonly codesOf: (response: Response) => readonly number[]
  readonly budget: RetryBudget
  /** False: an unanswered request is not sent again, as a late one could do harm. */
  readonly repeatsUnanswered: boolean
}

export interface CoordinatorAnswer<Response> {
  readonly response: Response
  /** The first code that is neither success nor passing, else 0. */
  readonly errorCode: number
  /** An earlier attempt was unanswered or answered in doubt: it may be what took effect. */
  readonly isRepeat: boolean
}

/** Calls the coordinator of one group or transactional id, wherever that moves. */
export class CoordinatorCalls {
  readonly #cluster: Cluster
  readonly #kind: CoordinatorKind
  readonly #key: string

  constructor(cluster: Cluster, kind: CoordinatorKind, key: string) {
    this.#cluster = cluster
    this.#kind = kind
    this.#key = key
  }

  /**
   * Returns the first answer that does not pass with time.
   *
   * @throws {RetriableError} the budget is spent, and nothing was carried out
   * @throws {UnknownOutcomeError} the budget is spent, or an answer was lost that may not be asked
   *   for again: the request may have been carried out
   * @throws {FatalBrokerError} as {@link Lane.call}
   */
  async call<Request, Response>(
    call: CoordinatorCall<Request, Response>,
  ): Promise<CoordinatorAnswer<Response>> {
    const { api, request, codesOf, budget, repeatsUnanswered } = call
    let isInDoubt = false
    for (;;) {
      let failure: string
      let isShort = false
      let isSent = false
      try {
        const node = await this.#cluster.coordinator(this.#kind, this.#key)
        isSent = true
        const lane = this.#cluster.lane(node, 'produce')
        const response = await lane.call(api, request, REQUEST_TIMEOUT_MS)
        const errors = codesOf(response).filter((each) => each !== code.NONE)
        const final = errors.find((each) => !isPassing(each, budget))
        if (final !== undefined || errors.length === 0) {
          return { response, errorCode: final ?? code.NONE, isRepeat: isInDoubt }
        }
        if (errors.some((each) => misdirected.has(each))) this.#forget()
        if (!errors.every((each) => undone.has(each))) isInDoubt = true
        isShort = errors.every((each) => each === code.CONCURRENT_TRANSACTIONS)
        failure = describeCode(errors[0]!)
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error
        this.#forget()
        failure = error.message
        if (isSent) {
          isInDoubt = true
          if (!repeatsUnanswered) throw this.#unknown(api.name, failure)
        }
      }
      if (!(await budget.pause(isShort ? 'short' : 'long'))) {
        if (isInDoubt) throw this.#unknown(api.name, failure)
        throw new RetriableError(`${this.#what(api.name)} found no answer in time: ${failure}`)
      }
    }
  }

  #forget(): void {
    this.#cluster.forgetCoordinator(this.#kind, this.#key)
  }

  #unknown(apiName: string, failure: string): UnknownOutcomeError {
    return new UnknownOutcomeError(
      `${this.#what(apiName)} may or may not have been done: ${failure}`,
    )
  }

  #what(apiName: string): string {
    return `${apiName} of ${this.#kind} ${this.#key}`
  }
}

function isPassing(errorCode: number, budget: RetryBudget): boolean {
  if (errorCode === code.UNKNOWN_TOPIC_OR_PARTITION) return !budget.isSpentOnUnknownTopic
  return passing.has(errorCode)
}
