import { RetriableError } from '../../errors.ts'
import type { Cluster } from '../cluster.ts'
import { describeCode, errorCodes } from '../error-codes.ts'
import type { Lane, LanePurpose } from '../lane.ts'
import type { Api } from '../wire/api.ts'

const elsewhere: ReadonlySet<number> = new Set([
  errorCodes.REQUEST_TIMED_OUT,
  errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  errorCodes.COORDINATOR_NOT_AVAILABLE,
  errorCodes.NOT_COORDINATOR,
])

/**
 * A lane to the coordinator of a group, wherever it is.
 *
 * After a failed call, and after {@link CoordinatorLane.expectCoordinator} refused, the next call
 * asks anew who coordinates.
 */
export class CoordinatorLane {
  readonly #cluster: Cluster
  readonly #groupId: string
  readonly #purpose: LanePurpose | 'private'
  #private: { readonly nodeId: number; readonly lane: Lane } | null = null
  #isClosed = false

  constructor(cluster: Cluster, groupId: string, purpose: LanePurpose | 'private') {
    this.#cluster = cluster
    this.#groupId = groupId
    this.#purpose = purpose
  }

  /** @throws as {@link Lane.call}, and as {@link Cluster.coordinator} */
  async call<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    timeoutMs?: number,
  ): Promise<Response> {
    const nodeId = await this.#cluster.coordinator('group', this.#groupId)
    if (this.#isClosed) throw new RetriableError(`${api.name} on a lane that was closed`)
    try {
      return await this.#lane(nodeId).call(api, request, timeoutMs)
    } catch (error) {
      if (error instanceof RetriableError) this.#forget()
      throw error
    }
  }

  /** @throws {RetriableError} the code says that another broker coordinates, or soon this one */
  expectCoordinator(errorCode: number): void {
    if (!elsewhere.has(errorCode)) return
    this.#forget()
    throw new RetriableError(`coordinator of group ${this.#groupId}: ${describeCode(errorCode)}`)
  }

  /** Gives up what is under way; the lane may be used again. */
  async reset(): Promise<void> {
    const known = this.#private
    this.#private = null
    await known?.lane.close()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.reset()
  }

  #lane(nodeId: number): Lane {
    if (this.#purpose !== 'private') return this.#cluster.lane(nodeId, this.#purpose)
    if (this.#private?.nodeId !== nodeId) {
      void this.reset()
      this.#private = { nodeId, lane: this.#cluster.privateLane(nodeId) }
    }
    return this.#private.lane
  }

  #forget(): void {
    this.#cluster.forgetCoordinator('group', this.#groupId)
  }
}
