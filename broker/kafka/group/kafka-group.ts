import type { Clock } from '../../clock.ts'
import { FencedError, StaleGenerationError } from '../../errors.ts'
import type {
  CommittedOffset,
  Group,
  GroupMetadata,
  GroupOptions,
  TopicPartition,
} from '../../port.ts'
import type { Cluster } from '../cluster.ts'
import { Generations } from './generations.ts'
import { GroupOffsets } from './group-offsets.ts'
import { encodeMetadata } from './member-metadata.ts'
import { MemberSeat } from './member-seat.ts'
import { Pulse, type PulseVerdict } from './pulse.ts'
import { Signal } from './signal.ts'

/** Why a member stops what it waits for; an error ends it. */
type Interruption = 'lost' | 'fenced' | 'leave' | Error

interface Entered {
  readonly assignment: Buffer
  readonly generation: GroupMetadata
}

const SYNCING_PAUSE_MS = 20
const NO_ASSIGNMENTS: ReadonlyMap<string, Buffer> = new Map()

/**
 * One member of a group: joins, takes its assignment, is heard of, joins again.
 *
 * ```
 *            JoinGroup answered          SyncGroup answered        onAssigned returned
 *  joining ─────────────────────▶ syncing ───────────────▶ assigning ───────────▶ waiting
 *     ▲  ▲                          │ 27                                             │
 *     │  └──────────────────────────┘         a rebalance, or rejoin()               │
 *     └──────────────────────────────────────────────────────────────────────────────┘
 *  from anywhere:  lost (25, 22, silence) ─▶ onLost ─▶ joining     82, refusal ─▶ onLost ─▶ over
 * ```
 *
 * E1. Callbacks run one after the other; what comes meanwhile is looked at when one returns. The
 *     group waits for a member that is asked to join for its rebalance timeout, callbacks included.
 * E2. Heartbeats go on from the first join's answer to the end of the membership.
 * E3. The generation changes when a join is answered: from then on the coordinator refuses the
 *     former one. What is owned goes on and commits throughout (KIP-429).
 * E4. A member whose instance id was taken over does not return: it would only fence the other.
 * E5. Once the membership is lost there is no generation to commit with, before `onLost` is called.
 */
export class KafkaGroup implements Group {
  readonly #cluster: Cluster
  readonly #options: GroupOptions
  readonly #seat: MemberSeat
  readonly #offsets: GroupOffsets
  readonly #pulse: Pulse
  readonly #generations = new Generations()
  readonly #first = new Signal<Error | null>()
  #run: Promise<void> | null = null
  #interruption = new Signal<Interruption>()
  #rebalance = new Signal<true>()
  #roundsAsked = 0
  #isJoining = false
  /** Something may be owned: its loss is told. */
  #isInGroup = false
  #isLeaving = false
  #isSevered = false
  #failure: Error | null = null

  constructor(cluster: Cluster, options: GroupOptions, clock: Clock) {
    const { groupId, instanceId = null } = options
    const { heartbeatIntervalMs = 3000, rebalanceTimeoutMs = 60_000 } = options
    const { sessionTimeoutMs = 45_000 } = options
    this.#cluster = cluster
    this.#options = options
    const seat = new MemberSeat(cluster, {
      groupId,
      instanceId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
    })
    this.#seat = seat
    this.#offsets = new GroupOffsets(cluster, groupId, 'produce')
    this.#pulse = new Pulse({
      clock,
      intervalMs: heartbeatIntervalMs,
      sessionTimeoutMs,
      beat: (generation, timeoutMs) => seat.heartbeat(generation, timeoutMs),
      onVerdict: (generation, verdict) => this.#judge(generation, verdict),
      onFailure: (generation, error) => {
        if (generation === this.#generations.current) this.#interrupt(asError(error))
      },
    })
  }

  /**
   * @throws what a callback threw
   * @throws {FencedError} another process took the instance id
   * @throws {FatalBrokerError} the broker refuses the group or the member
   */
  async join(): Promise<void> {
    this.#run ??= this.#live()
    const failure = await this.#first.promise
    if (failure !== null) throw failure
  }

  metadata(): GroupMetadata | null {
    return this.#generations.current
  }

  nextGeneration(stale: GroupMetadata): Promise<GroupMetadata | null> {
    return this.#generations.after(stale)
  }

  rejoin(): void {
    this.#roundsAsked++
    this.#rebalance.set(true)
  }

  /** @throws {RetriableError} the coordinator does not answer */
  async confirm(): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    const generation = this.#generations.current ?? this.#outside()
    const verdict = await this.#pulse.beatNow(generation)
    const isGone = verdict === 'gone' || verdict === 'fenced'
    if (isGone || this.#generations.current === null) this.#outside()
  }

  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    return this.#offsets.stable(partitions)
  }

  /** @throws {RetriableError} the coordinator did not answer for a minute */
  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    const generation = this.#generations.current ?? this.#outside()
    const seat = { ...generation, instanceId: this.#options.instanceId ?? null }
    // A plain commit, unlike a transaction's, is refused between a join's answer and the sync's.
    while ((await this.#offsets.commit(seat, offsets)) === 'rebalance') {
      await this.#cluster.pause(SYNCING_PAUSE_MS)
      if (this.#generations.current === null) this.#outside()
      if (this.#generations.current !== generation) {
        throw new StaleGenerationError(`generation ${generation.generationId} is over`)
      }
    }
  }

  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#interrupt('leave')
    await this.#run
  }

  /** Stops as a process does that dies: no callback is called any more, nobody is told. */
  sever(): void {
    this.#isSevered = true
    this.#isLeaving = true
    this.#interrupt('leave')
    this.#pulse.stop()
    void this.#seat.close()
  }

  async #live(): Promise<void> {
    try {
      while (!this.#isLeaving) {
        const entered = await this.#enter().catch((error: unknown) => {
          this.#interrupt(asError(error))
          return null
        })
        if (entered !== null) await this.#take(entered)
        await this.#heed()
      }
      this.#first.set(null)
    } catch (error) {
      this.#failure = asError(error)
      const hasJoined = this.#first.value !== undefined
      this.#first.set(this.#failure)
      if (hasJoined && !this.#isSevered) this.#options.onFailed?.(this.#failure)
    } finally {
      this.#pulse.stop()
      this.#generations.leave()
      await (this.#isSevered ? this.#seat.close() : this.#seat.leave())
    }
  }

  /** Joins and synchronises; null: something came between, which {@link #heed} sees to. */
  async #enter(): Promise<Entered | null> {
    this.#isJoining = true
    // What is asked for from here on takes another round: this one's bytes are made.
    this.#rebalance = new Signal()
    const bytes = encodeMetadata(this.#roundsAsked, this.#options.subscription())
    const joined = await this.#unlessInterrupted(this.#seat.join(bytes))
    if (joined === null) return null
    if (joined === 'gone' || joined === 'fenced') {
      this.#interrupt(joined === 'gone' ? 'lost' : 'fenced')
      return null
    }
    this.#isJoining = false
    this.#isInGroup = true
    const generation = joined.metadata
    this.#generations.enter(generation)
    this.#pulse.start(generation)
    const assignments =
      joined.members === null ? NO_ASSIGNMENTS : this.#options.assign(joined.members)
    const synced = await this.#unlessInterrupted(this.#seat.sync(generation, assignments))
    if (synced === null) return null
    if (Buffer.isBuffer(synced)) return { assignment: synced, generation }
    this.#judge(generation, synced)
    return null
  }

  /** Hands the assignment over and waits until something happens. */
  async #take({ assignment, generation }: Entered): Promise<void> {
    await this.#options.onAssigned(assignment, generation)
    this.#first.set(null)
    await Promise.race([this.#rebalance.promise, this.#interruption.promise])
  }

  /** Tells a loss. @throws what ends the membership */
  async #heed(): Promise<void> {
    const interruption = this.#interruption.value
    if (interruption === undefined || interruption === 'leave') return
    this.#interruption = new Signal()
    if (this.#isInGroup && !this.#isSevered) {
      this.#isInGroup = false
      await this.#options.onLost()
    }
    if (interruption instanceof Error) throw interruption
    if (interruption === 'fenced') {
      throw new FencedError(
        `another process holds the instance id ${this.#options.instanceId ?? ''} ` +
          `in group ${this.#options.groupId}`,
      )
    }
  }

  #judge(generation: GroupMetadata, verdict: PulseVerdict): void {
    if (generation !== this.#generations.current) return
    if (verdict === 'rebalance') {
      // A beat of the former generation says it all through a join.
      if (!this.#isJoining) this.#rebalance.set(true)
      return
    }
    // The next generation may have begun before the join's answer got here.
    if (verdict === 'stale' && this.#isJoining) return
    if (verdict === 'gone') this.#seat.forget()
    this.#interrupt(verdict === 'fenced' ? 'fenced' : 'lost')
  }

  #interrupt(interruption: Interruption): void {
    this.#interruption.set(interruption)
    if (interruption === 'leave') return
    this.#pulse.stop()
    this.#generations.leave()
  }

  /** Null: interrupted, and given up. */
  async #unlessInterrupted<T>(asked: Promise<T>): Promise<T | null> {
    const interrupted = this.#interruption.promise.then(() => null)
    const answer = await Promise.race([asked, interrupted])
    if (this.#interruption.value === undefined) return answer
    this.#seat.abandon()
    asked.catch(() => undefined)
    return null
  }

  #outside(): never {
    throw new FencedError(`not a member of group ${this.#options.groupId}`)
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
