import type { Clock } from '../clock.ts'
import { FencedError } from '../errors.ts'
import type {
  CommittedOffset,
  Group,
  GroupMetadata,
  GroupOptions,
  TopicPartition,
} from '../port.ts'
import { Deferred } from './deferred.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import type { GroupMembership, JoinAnswer, MemberLink } from './group-membership.ts'
import { Heartbeat } from './heartbeat.ts'

/** Why a member stops waiting in its generation. */
type Ending = 'rebalance' | 'lost' | 'replaced' | 'leave'

interface Entered {
  readonly assignment: Buffer
  readonly metadata: GroupMetadata
}

/**
 * One member of a group: joins, takes its assignment, is heard of, joins again.
 *
 * E1. Callbacks run one after the other.
 * E2. Heartbeats go on while callbacks run; only waiting in `join` replaces them.
 * E3. A generation's metadata holds until the next generation has begun, or the member is lost:
 *     what is owned goes on and commits through a rebalance (KIP-429).
 * E4. A member whose instance id was taken over does not return: it would only fence the other.
 */
export class EmbeddedGroup implements Group, MemberLink {
  readonly #options: GroupOptions
  readonly #coordinator: GroupCoordinator
  readonly #membership: GroupMembership
  readonly #heartbeat: Heartbeat
  readonly #first = new Deferred<undefined>()
  #run: Promise<void> | null = null
  #memberId: string | null = null
  #metadata: GroupMetadata | null = null
  #ending = new Deferred<Ending>()
  #nextGeneration = new Deferred<GroupMetadata | null>()
  readonly #left = new Deferred<null>()
  #hasJoined = false
  #isLeaving = false
  #isOver = false
  #isReplaced = false
  #isSevered = false
  #failure: Error | null = null

  constructor(options: GroupOptions, coordinator: GroupCoordinator, clock: Clock) {
    this.#options = options
    this.#coordinator = coordinator
    this.#membership = coordinator.membership(options.groupId)
    this.#heartbeat = new Heartbeat(clock, options.heartbeatIntervalMs ?? 3000)
  }

  /** @throws what a callback threw; or FencedError when another took the instance id */
  async join(): Promise<void> {
    this.#run ??= this.#live()
    await this.#first.promise
  }

  metadata(): GroupMetadata | null {
    return this.#metadata
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a refusal rejects
  async confirm(): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    if (this.#isSevered || this.#memberId === null || !this.#membership.has(this.#memberId)) {
      this.#ending.resolve('lost')
      throw new FencedError(`not a member of group ${this.#options.groupId}`)
    }
    // Between generations there is none to be fenced from.
    if (this.#metadata !== null) this.#beat(this.#metadata)
  }

  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    return this.#coordinator.offsets(this.#options.groupId).stable(partitions)
  }

  nextGeneration(stale: GroupMetadata): Promise<GroupMetadata | null> {
    const known = this.#metadata
    if (this.#isOver) return Promise.resolve(null)
    if (known !== null && known.generationId !== stale.generationId) return Promise.resolve(known)
    return this.#nextGeneration.promise
  }

  rejoin(): void {
    this.#ending.resolve('rebalance')
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    if (this.#metadata === null) {
      throw new FencedError(`not a member of group ${this.#options.groupId}`)
    }
    await this.#coordinator.commit(offsets, this.#metadata)
  }

  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#ending.resolve('leave')
    this.#left.resolve(null)
    await this.#run
  }

  /** Stops as a process does that dies: nothing is given back, nobody is told. */
  sever(): void {
    this.#isSevered = true
    this.#heartbeat.stop()
  }

  rebalance(): void {
    if (!this.#isSevered) this.#ending.resolve('rebalance')
  }

  replaced(): void {
    this.#isReplaced = true
    if (!this.#isSevered) this.#ending.resolve('replaced')
  }

  async #live(): Promise<void> {
    try {
      while (!this.#isLeaving && !this.#isReplaced) {
        const entered = await this.#enter()
        if (this.#isSevered) return
        if (entered === null) continue
        await this.#options.onAssigned(entered.assignment, entered.metadata)
        this.#hasJoined = true
        this.#first.resolve(undefined)
        const ending = await this.#ending.promise
        if (ending === 'lost' || ending === 'replaced') await this.#lose()
      }
      if (this.#isReplaced) this.#fail(new FencedError('another holds the instance id'))
      else this.#first.resolve(undefined)
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
      this.#fail(this.#failure)
    } finally {
      this.#isOver = true
      this.#turnTo(null)
      this.#heartbeat.stop()
      this.#depart()
    }
  }

  /** Joins and synchronises; null: a rebalance or removal came between, begin again. */
  async #enter(): Promise<Entered | null> {
    this.#heartbeat.stop()
    this.#ending = new Deferred()
    try {
      const joined = await Promise.race([this.#join(), this.#left.promise])
      if (joined === null) return null
      const { memberId, generationId, members } = joined
      this.#memberId = memberId
      const metadata = { groupId: this.#options.groupId, generationId, memberId }
      this.#turnTo(metadata)
      this.#heartbeat.start(() => {
        this.#beatQuietly(metadata)
      })
      const assignments = members === null ? null : this.#options.assign(members)
      const syncing = this.#membership.sync(memberId, generationId, assignments)
      const assignment = await Promise.race([syncing, this.#left.promise])
      if (assignment === null || assignment === 'rebalance') return null
      return { assignment, metadata }
    } catch (error) {
      if (!(error instanceof FencedError)) throw error
      if (this.#metadata === null) this.#memberId = null
      else await this.#lose()
      return null
    }
  }

  #fail(error: Error): void {
    this.#first.reject(error)
    if (this.#hasJoined && !this.#isSevered) this.#options.onFailed?.(error)
  }

  #join(): Promise<JoinAnswer> {
    const { instanceId, rebalanceTimeoutMs, sessionTimeoutMs } = this.#options
    return this.#membership.join({
      memberId: this.#memberId,
      instanceId: instanceId ?? null,
      subscription: this.#options.subscription(),
      sessionTimeoutMs: sessionTimeoutMs ?? 45_000,
      rebalanceTimeoutMs: rebalanceTimeoutMs ?? 60_000,
      link: this,
    })
  }

  async #lose(): Promise<void> {
    this.#memberId = null
    this.#turnTo(null)
    await this.#options.onLost()
  }

  /** A new generation, or none: whoever waits for one is told. */
  #turnTo(metadata: GroupMetadata | null): void {
    this.#metadata = metadata
    this.#nextGeneration.resolve(metadata)
    this.#nextGeneration = new Deferred()
  }

  /** A static member keeps its seat until its session ends, so that it may return (KIP-345). */
  #depart(): void {
    if (this.#isSevered || this.#options.instanceId !== undefined) return
    this.#membership.leave(this)
  }

  /** @throws {FencedError} the membership is gone */
  #beat({ memberId, generationId }: GroupMetadata): void {
    try {
      const answer = this.#membership.heartbeat(memberId, generationId)
      if (answer === 'rebalance') this.#ending.resolve('rebalance')
    } catch (error) {
      this.#ending.resolve('lost')
      throw error
    }
  }

  #beatQuietly(metadata: GroupMetadata): void {
    try {
      this.#beat(metadata)
    } catch {
      // The generation's end says it.
      this.#heartbeat.stop()
    }
  }
}
