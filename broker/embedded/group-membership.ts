import type { CancelTimer, Clock } from '../clock.ts'
import { FencedError, StaleGenerationError } from '../errors.ts'
import type { GroupMember, GroupMetadata } from '../port.ts'
import { Deferred } from './deferred.ts'

/** How the coordinator reaches a member between its calls. */
export interface MemberLink {
  /** A rebalance has begun: join again. */
  rebalance(): void
  /** Another holder of the instance id took the member's place. */
  replaced(): void
}

export interface JoinRequest {
  /** Null: a newcomer. */
  readonly memberId: string | null
  readonly instanceId: string | null
  readonly subscription: Buffer
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly link: MemberLink
}

export interface JoinAnswer {
  readonly memberId: string
  readonly generationId: number
  /** The members to assign; null: another member is the leader. */
  readonly members: readonly GroupMember[] | null
}

interface Member {
  readonly memberId: string
  readonly instanceId: string | null
  /** Its newest. */
  request: JoinRequest
  /** Took part in the present generation, or sits in the seat of one that did. */
  isInGeneration: boolean
  assignment: Buffer
  /** Waits for the others to join. */
  joining: Deferred<JoinAnswer> | null
  /** Waits for the leader's assignment. */
  syncing: Deferred<Buffer | 'rebalance'> | null
  cancelSession: CancelTimer | null
}

/**
 * The members of one group and its generations.
 *
 * ```
 *          first join                all joined, or time is up
 *  empty ─────────────▶ preparing ───────────────────────────▶ completing
 *    ▲                    ▲    ▲   join, leave, lost member      │   │ leader's assignment
 *    │ last member left   │    └─────────────────────────────────┘   ▼
 *    └──────── any        └──────────────────────────────────────── stable
 *                               join, leave, lost member
 * ```
 *
 * M1. A generation's assignment is made once, by its leader, for exactly its members.
 * M2. While preparing, the old generation still commits; once all have joined, only the new one.
 * M3. A member that waits in `join` or is heard of in time is alive; any other is removed.
 * M4. An instance id has one live member: a second one takes its place, in a stable group without
 *     a rebalance (KIP-345).
 *
 * Source: KIP-62, KIP-345, Kafka's classic group protocol.
 */
export class GroupMembership {
  readonly #groupId: string
  readonly #clock: Clock
  readonly #randomId: () => string
  readonly #members = new Map<string, Member>()
  #state: 'empty' | 'preparing' | 'completing' | 'stable' = 'empty'
  #generationId = 0
  #leaderId: string | null = null
  #cancelRebalance: CancelTimer | null = null

  constructor(groupId: string, clock: Clock, randomId: () => string) {
    this.#groupId = groupId
    this.#clock = clock
    this.#randomId = randomId
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  members(): { memberId: string; instanceId: string | null }[] {
    return [...this.#members.values()].map(({ memberId, instanceId }) => ({ memberId, instanceId }))
  }

  /** @throws {FencedError} the member was removed: join as a newcomer */
  async join(request: JoinRequest): Promise<JoinAnswer> {
    const isNewcomer = request.memberId === null
    const member = isNewcomer ? this.#admit(request) : this.#readmit(request, request.memberId)
    if (isNewcomer && member.isInGeneration && this.#state === 'stable') {
      // A static member back in its seat: its generation goes on (M4).
      this.#expectHeartbeat(member)
      return { memberId: member.memberId, generationId: this.#generationId, members: null }
    }
    const joining = new Deferred<JoinAnswer>()
    member.joining = joining
    member.cancelSession?.()
    if (this.#state !== 'preparing') this.#prepare()
    this.#completeWhenAllJoined()
    return await joining.promise
  }

  /**
   * @param assignments the leader's; null from the others
   * @throws {FencedError} the generation or the member is gone
   */
  async sync(
    memberId: string,
    generationId: number,
    assignments: ReadonlyMap<string, Buffer> | null,
  ): Promise<Buffer | 'rebalance'> {
    const member = this.#check(memberId, generationId)
    if (this.#state === 'preparing') return 'rebalance'
    if (this.#state === 'completing') {
      if (assignments === null) {
        member.syncing = new Deferred()
        return await member.syncing.promise
      }
      this.#state = 'stable'
      for (const each of this.#members.values()) {
        each.assignment = assignments.get(each.memberId) ?? Buffer.alloc(0)
        each.syncing?.resolve(each.assignment)
        each.syncing = null
      }
    }
    return member.assignment
  }

  /** @throws {FencedError} the generation or the member is gone */
  heartbeat(memberId: string, generationId: number): 'ok' | 'rebalance' {
    const member = this.#check(memberId, generationId)
    if (member.joining === null) this.#expectHeartbeat(member)
    return this.#state === 'preparing' ? 'rebalance' : 'ok'
  }

  has(memberId: string): boolean {
    return this.#members.has(memberId)
  }

  /** Removes the member behind `link`, which may still wait to be told its id. */
  leave(link: MemberLink): void {
    for (const member of this.#members.values()) {
      if (member.request.link !== link) continue
      this.#remove(member)
      return
    }
  }

  /**
   * @throws {FencedError} offsets of a member that is gone
   * @throws {StaleGenerationError} offsets of a generation that is over
   */
  checkCommit({ memberId, generationId }: GroupMetadata): void {
    // As in Kafka: who commits without being a member is not checked.
    if (memberId === '' && generationId < 0) return
    this.#known(memberId)
    if (generationId !== this.#generationId)
      throw new StaleGenerationError(this.#stale(generationId))
  }

  #check(memberId: string, generationId: number): Member {
    const member = this.#known(memberId)
    if (generationId !== this.#generationId) throw new FencedError(this.#stale(generationId))
    return member
  }

  #known(memberId: string): Member {
    const member = this.#members.get(memberId)
    if (member !== undefined) return member
    throw new FencedError(`${memberId} is not a member of group ${this.#groupId}`)
  }

  #stale(generationId: number): string {
    return `group ${this.#groupId} is at generation ${this.#generationId}, not ${generationId}`
  }

  #readmit(request: JoinRequest, memberId: string): Member {
    const member = this.#known(memberId)
    member.request = request
    return member
  }

  #admit(request: JoinRequest): Member {
    const { instanceId } = request
    const twin = instanceId === null ? undefined : this.#holder(instanceId)
    const newcomer: Member = {
      memberId: `${instanceId ?? 'member'}-${this.#randomId()}`,
      instanceId,
      request,
      isInGeneration: twin?.isInGeneration ?? false,
      assignment: twin?.assignment ?? Buffer.alloc(0),
      joining: null,
      syncing: null,
      cancelSession: null,
    }
    if (twin !== undefined) this.#unseat(twin, newcomer)
    this.#members.set(newcomer.memberId, newcomer)
    return newcomer
  }

  #holder(instanceId: string): Member | undefined {
    for (const member of this.#members.values()) {
      if (member.instanceId === instanceId) return member
    }
    return undefined
  }

  #unseat(twin: Member, successor: Member): void {
    this.#forget(twin)
    if (this.#leaderId === twin.memberId) this.#leaderId = successor.memberId
    // A member that was removed and returns meets itself.
    if (twin.request.link !== successor.request.link) twin.request.link.replaced()
  }

  #prepare(): void {
    this.#state = 'preparing'
    let timeoutMs = 0
    for (const member of this.#members.values()) {
      timeoutMs = Math.max(timeoutMs, member.request.rebalanceTimeoutMs)
      member.syncing?.resolve('rebalance')
      member.syncing = null
      if (member.joining === null) member.request.link.rebalance()
    }
    this.#cancelRebalance?.()
    this.#cancelRebalance = this.#clock.setTimer(timeoutMs, () => {
      this.#dropAbsent()
    })
  }

  /** Ends the wait for members that did not join again. Static ones keep their seat (KIP-345). */
  #dropAbsent(): void {
    this.#cancelRebalance = null
    for (const member of [...this.#members.values()]) {
      if (member.joining === null && member.instanceId === null) this.#forget(member)
    }
    if (this.#members.size === 0) this.#state = 'empty'
    else if ([...this.#members.values()].some(({ joining }) => joining !== null)) this.#complete()
    else this.#prepare()
  }

  #completeWhenAllJoined(): void {
    for (const { joining } of this.#members.values()) if (joining === null) return
    this.#complete()
  }

  #complete(): void {
    this.#cancelRebalance?.()
    this.#cancelRebalance = null
    this.#generationId++
    this.#state = 'completing'
    const members = [...this.#members.values()]
    for (const member of members) member.isInGeneration = true
    const joined = members.filter(({ joining }) => joining !== null)
    const leader = joined.find(({ memberId }) => memberId === this.#leaderId) ?? joined[0]!
    this.#leaderId = leader.memberId
    for (const member of joined) {
      const { memberId, joining } = member
      member.joining = null
      this.#expectHeartbeat(member)
      joining!.resolve({
        memberId,
        generationId: this.#generationId,
        members: member === leader ? members.map(described) : null,
      })
    }
  }

  #expectHeartbeat(member: Member): void {
    member.cancelSession?.()
    member.cancelSession = this.#clock.setTimer(member.request.sessionTimeoutMs, () => {
      this.#remove(member)
    })
  }

  #remove(member: Member): void {
    this.#forget(member)
    if (this.#members.size === 0) {
      this.#state = 'empty'
      this.#cancelRebalance?.()
      this.#cancelRebalance = null
    } else if (this.#state === 'preparing') this.#completeWhenAllJoined()
    else this.#prepare()
  }

  #forget(member: Member): void {
    this.#members.delete(member.memberId)
    member.cancelSession?.()
    const gone = new FencedError(`${member.memberId} left group ${this.#groupId}`)
    member.joining?.reject(gone)
    member.syncing?.reject(gone)
    member.joining = null
    member.syncing = null
  }
}

function described({ memberId, instanceId, request }: Member): GroupMember {
  return { memberId, instanceId, subscription: request.subscription }
}
