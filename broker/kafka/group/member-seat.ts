import { RetriableError } from '../../errors.ts'
import type { GroupMember, GroupMetadata } from '../../port.ts'
import { Backoff, retrying } from '../backoff.ts'
import type { Cluster } from '../cluster.ts'
import { describeCode, errorCodes } from '../error-codes.ts'
import type { GroupSeat } from '../wire/group-fields.ts'
import { heartbeat } from '../wire/heartbeat.ts'
import { joinGroup, type JoinGroupAnswer } from '../wire/join-group.ts'
import { leaveGroup } from '../wire/leave-group.ts'
import { syncGroup } from '../wire/sync-group.ts'
import { CoordinatorLane } from './coordinator-lane.ts'
import { decodeMetadata } from './member-metadata.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/**
 * Not "consumer", whose bytes the coordinator reads: of such a group it drops the offsets of
 * topics that no subscription names once they are older than offsets.retention.minutes, though
 * members are alive, and lets anyone delete them. Subscriptions here name no topics. The price:
 * `kafka-consumer-groups --describe` refuses groups of another type.
 */
const PROTOCOL_TYPE = 'attribution-streams'
const PROTOCOL_NAME = 'cooperative'

/** A join waits for the slowest member, and for its answer to get here. */
const TRANSIT_MS = 10_000
const LEAVE_TIMEOUT_MS = 3000

export interface SeatOptions {
  readonly groupId: string
  readonly instanceId: string | null
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

export interface Joined {
  readonly metadata: GroupMetadata
  /** The members to assign; null: another member is the leader. */
  readonly members: readonly GroupMember[] | null
}

/**
 * A member's place in its group, as the coordinator sees it: the requests of Kafka's classic group
 * protocol, repeated until they are answered.
 *
 * A1. A join keeps its socket busy until every member has joined, so heartbeats have another one.
 * A2. The member id is given up only when the coordinator does not know it. After a loss of which
 *     the coordinator said nothing the id goes along: it tells whether another process took the
 *     instance id meanwhile (82), where a newcomer would push that one out.
 *
 * Source: KIP-62, KIP-345, KIP-394.
 */
export class MemberSeat {
  readonly #cluster: Cluster
  readonly #options: SeatOptions
  readonly #rounds: CoordinatorLane
  readonly #pulse: CoordinatorLane
  #memberId = ''
  /** A join or sync of an earlier attempt ends at its next step. */
  #attempt = 0
  /** A newcomer's first request, which only asks for a member id. */
  #identifying: Promise<unknown> | null = null

  constructor(cluster: Cluster, options: SeatOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#rounds = new CoordinatorLane(cluster, options.groupId, 'private')
    this.#pulse = new CoordinatorLane(cluster, options.groupId, 'private')
  }

  /**
   * @returns null: given up
   * @throws {FatalBrokerError} the group, or this member, cannot be as configured
   */
  async join(metadata: Buffer): Promise<Joined | 'gone' | 'fenced' | null> {
    const attempt = this.#attempt
    for (;;) {
      const answer = await this.#untilAnswered(attempt, () => this.#joinOnce(metadata))
      if (answer === null) return null
      const { errorCode, generationId, leaderId, memberId } = answer
      if (errorCode === errorCodes.MEMBER_ID_REQUIRED) continue
      const verdict = verdictOf(joinGroup.name, errorCode, this.#options)
      if (verdict === 'gone') this.#memberId = ''
      if (verdict === 'gone' || verdict === 'fenced') return verdict
      this.#memberId = memberId
      return {
        metadata: { groupId: this.#options.groupId, generationId, memberId },
        members:
          leaderId !== memberId
            ? null
            : answer.members.map((member) => ({
                memberId: member.memberId,
                instanceId: member.instanceId,
                subscription: decodeMetadata(member.metadata),
              })),
      }
    }
  }

  /**
   * @param assignments the leader's; empty from the others
   * @returns null: given up
   */
  async sync(
    generation: GroupMetadata,
    assignments: ReadonlyMap<string, Buffer>,
  ): Promise<Buffer | Exclude<Verdict, 'ok'> | null> {
    const request = {
      ...this.#seatIn(generation),
      protocolType: PROTOCOL_TYPE,
      protocolName: PROTOCOL_NAME,
      assignments,
    }
    const answer = await this.#untilAnswered(this.#attempt, async () => {
      const synced = await this.#rounds.call(syncGroup, request, this.#roundTimeoutMs)
      this.#rounds.expectCoordinator(synced.errorCode)
      return synced
    })
    if (answer === null) return null
    const verdict = verdictOf(syncGroup.name, answer.errorCode, this.#options)
    return verdict === 'ok' ? answer.assignment : verdict
  }

  /** @throws {RetriableError} no answer, or not by the coordinator */
  async heartbeat(generation: GroupMetadata, timeoutMs: number): Promise<Verdict> {
    const answer = await this.#pulse.call(heartbeat, this.#seatIn(generation), timeoutMs)
    this.#pulse.expectCoordinator(answer.errorCode)
    return verdictOf(heartbeat.name, answer.errorCode, this.#options)
  }

  /** The coordinator does not know the member: the next join is a newcomer's. */
  forget(): void {
    this.#memberId = ''
  }

  /** Gives up the join or sync under way. */
  abandon(): void {
    this.#attempt++
    // The request for an id does not wait for others, and its answer is needed to leave.
    if (this.#identifying === null) void this.#rounds.reset()
  }

  /** Ends without a word: the seat is kept until its session times out. */
  async close(): Promise<void> {
    this.#attempt++
    await Promise.all([this.#rounds.close(), this.#pulse.close()])
  }

  /**
   * Gives the seat back, unless it has an instance id: then its holder may return (KIP-345). Tried
   * for some seconds; after that the session's end does it.
   */
  async leave(): Promise<void> {
    this.#attempt++
    // An id that the coordinator has given out holds up the others until it leaves or expires.
    if (this.#identifying !== null) {
      await Promise.race([this.#identifying, this.#cluster.pause(LEAVE_TIMEOUT_MS)])
    }
    // A join that waits would hold up this process; the coordinator answers it by the leave.
    await this.#rounds.close()
    const { groupId, instanceId } = this.#options
    if (instanceId === null && this.#memberId !== '') {
      const request = { groupId, memberId: this.#memberId }
      this.#memberId = ''
      await retrying(this.#cluster, LEAVE_TIMEOUT_MS, async () => {
        const answer = await this.#pulse.call(leaveGroup, request, LEAVE_TIMEOUT_MS)
        this.#pulse.expectCoordinator(answer.errorCode)
      }).catch(() => undefined)
    }
    await this.#pulse.close()
  }

  get #roundTimeoutMs(): number {
    return this.#options.rebalanceTimeoutMs + TRANSIT_MS
  }

  async #joinOnce(metadata: Buffer): Promise<JoinGroupAnswer> {
    const asking = this.#rounds.call(
      joinGroup,
      {
        ...this.#options,
        memberId: this.#memberId,
        protocolType: PROTOCOL_TYPE,
        protocolName: PROTOCOL_NAME,
        metadata,
      },
      this.#roundTimeoutMs,
    )
    if (this.#memberId === '' && this.#options.instanceId === null) {
      this.#identifying = asking.catch(() => undefined)
    }
    try {
      const answer = await asking
      const { errorCode, memberId } = answer
      this.#rounds.expectCoordinator(errorCode)
      if (errorCode === errorCodes.MEMBER_ID_REQUIRED) this.#memberId = memberId
      if (errorCode !== errorCodes.REBALANCE_IN_PROGRESS) return answer
      throw new RetriableError(`JoinGroup: ${describeCode(errorCode)}`)
    } finally {
      this.#identifying = null
    }
  }

  /** Until there is an answer; null when the attempt was given up. */
  async #untilAnswered<T>(attempt: number, ask: () => Promise<T>): Promise<T | null> {
    const backoff = new Backoff()
    while (attempt === this.#attempt) {
      try {
        const answer = await ask()
        return attempt === this.#attempt ? answer : null
      } catch (error) {
        if (attempt !== this.#attempt) return null
        if (!(error instanceof RetriableError) || this.#cluster.isClosed) throw error
        await this.#cluster.pause(backoff.next())
      }
    }
    return null
  }

  #seatIn({ generationId, memberId }: GroupMetadata): GroupSeat {
    const { groupId, instanceId } = this.#options
    return { groupId, generationId, memberId, instanceId }
  }
}
