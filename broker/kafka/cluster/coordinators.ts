import { FatalBrokerError, RetriableError } from '../../errors.ts'
import type { CoordinatorKind } from '../cluster.ts'
import { describeCode, errorCodes } from '../error-codes.ts'
import type { FindCoordinatorRequest, FoundCoordinator } from '../wire/find-coordinator.ts'

/** Who coordinates each group and transactional id, as far as it was asked. */
export class Coordinators {
  readonly #ask: (request: FindCoordinatorRequest) => Promise<FoundCoordinator>
  readonly #known = new Map<string, number>()
  readonly #underWay = new Map<string, Promise<number>>()

  constructor(ask: (request: FindCoordinatorRequest) => Promise<FoundCoordinator>) {
    this.#ask = ask
  }

  async of(kind: CoordinatorKind, key: string): Promise<number> {
    const entry = entryOf(kind, key)
    const known = this.#known.get(entry)
    if (known !== undefined) return known
    let answer = this.#underWay.get(entry)
    if (answer === undefined) {
      answer = this.#find(entry, { kind, key })
      this.#underWay.set(entry, answer)
    }
    return await answer
  }

  forget(kind: CoordinatorKind, key: string): void {
    this.#known.delete(entryOf(kind, key))
  }

  forgetBroker(nodeId: number): void {
    for (const [entry, coordinator] of this.#known) {
      if (coordinator === nodeId) this.#known.delete(entry)
    }
  }

  async #find(entry: string, request: FindCoordinatorRequest): Promise<number> {
    try {
      const { code, nodeId } = await this.#ask(request)
      if (code !== errorCodes.NONE) throw coordinatorError(request, code)
      this.#known.set(entry, nodeId)
      return nodeId
    } finally {
      this.#underWay.delete(entry)
    }
  }
}

function entryOf(kind: CoordinatorKind, key: string): string {
  return `${kind} ${key}`
}

function coordinatorError({ kind, key }: FindCoordinatorRequest, code: number): Error {
  const what = kind === 'group' ? `group ${key}` : `transactional id ${key}`
  switch (code) {
    case errorCodes.GROUP_AUTHORIZATION_FAILED:
      return new FatalBrokerError(
        `${what}: not allowed: give this client's user the ACL operation Read on the group`,
      )
    case errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return new FatalBrokerError(
        `${what}: not allowed: give this client's user the ACL operation Write on it`,
      )
    case errorCodes.INVALID_GROUP_ID:
      return new FatalBrokerError(`${what}: the broker refuses the id`)
    default:
      return new RetriableError(`the coordinator of ${what} is not known: ${describeCode(code)}`)
  }
}
