import type { Clock } from '../../broker/clock.ts'

const LEASE_MS_MAX = 2_000
/** Of the session, so that there is room for an answer. */
const LEASE_SHARE = 1 / 3

/**
 * That this member still owns its tasks, as the group said so lately.
 *
 * A process that was stopped and goes on believes that it owns what others took over meanwhile; a
 * commit would tell it, but an answer to a query needs none. The group gives a member's tasks to
 * others at the earliest a session timeout after it was last heard of, so a confirmation holds for
 * less than that. Queried all the time it costs one heartbeat every two seconds, else nothing.
 */
export class OwnershipLease {
  readonly #clock: Clock
  readonly #confirm: () => Promise<void>
  readonly #leaseMs: number
  #confirmedMs = -Infinity
  #underWay: Promise<void> | null = null

  /** @param confirm throws {@link FencedError} when the membership is gone */
  constructor(clock: Clock, sessionTimeoutMs: number, confirm: () => Promise<void>) {
    this.#clock = clock
    this.#confirm = confirm
    this.#leaseMs = Math.min(LEASE_MS_MAX, sessionTimeoutMs * LEASE_SHARE)
  }

  /** @throws {FencedError} what is here may be owned by others @throws {RetriableError} */
  async hold(): Promise<void> {
    if (this.#clock.now() - this.#confirmedMs < this.#leaseMs) return
    this.#underWay ??= this.#renew().finally(() => {
      this.#underWay = null
    })
    await this.#underWay
  }

  async #renew(): Promise<void> {
    const askedMs = this.#clock.now()
    await this.#confirm()
    this.#confirmedMs = askedMs
  }
}
