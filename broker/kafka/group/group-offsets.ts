import {
  FatalBrokerError,
  FencedError,
  RetriableError,
  StaleGenerationError,
  UnknownTopicError,
} from '../../errors.ts'
import type { CommittedOffset, TopicPartition } from '../../port.ts'
import { retrying } from '../backoff.ts'
import type { Cluster } from '../cluster.ts'
import { describeCode, errorCodes } from '../error-codes.ts'
import type { LanePurpose } from '../lane.ts'
import { accessDenied } from '../produce/access-denied.ts'
import type { GroupSeat } from '../wire/group-fields.ts'
import { offsetCommit } from '../wire/offset-commit.ts'
import { offsetFetch, type FetchedOffset } from '../wire/offset-fetch.ts'
import type { PartitionAnswer } from '../wire/transaction-fields.ts'
import { CoordinatorLane } from './coordinator-lane.ts'
import { groupRefusal } from './verdict.ts'

const GIVE_UP_AFTER_MS = 60_000
const UNSTABLE_PAUSE_MIN_MS = 2
const UNSTABLE_PAUSE_MAX_MS = 50

/** What one answer says; what has no offset is in neither. */
interface FetchedOffsets {
  readonly committed: readonly CommittedOffset[]
  /** An open transaction is about to change them. */
  readonly unstable: readonly TopicPartition[]
}

/**
 * The committed offsets of one group.
 *
 * O1. Reads are stable (KIP-447): a partition that an open transaction is about to change is asked
 *     for again until that transaction is decided. Without it three of eight reads made just after
 *     a commit were old. It alone is: where many commit all the time, there is hardly a moment at
 *     which all are decided. So the answers are of different moments.
 * O2. What fails in passing is repeated for a minute, then thrown as {@link RetriableError}; a
 *     commit may be repeated, it says the same.
 */
export class GroupOffsets {
  readonly #cluster: Cluster
  readonly #groupId: string
  readonly #lane: CoordinatorLane

  constructor(cluster: Cluster, groupId: string, purpose: LanePurpose) {
    this.#cluster = cluster
    this.#groupId = groupId
    this.#lane = new CoordinatorLane(cluster, groupId, purpose)
  }

  /** @param partitions null: all; those without an offset are left out */
  async stable(partitions: readonly TopicPartition[] | null): Promise<CommittedOffset[]> {
    const stable: CommittedOffset[] = []
    let asked = partitions
    let pauseMs = UNSTABLE_PAUSE_MIN_MS
    while (asked === null || asked.length > 0) {
      const left: readonly TopicPartition[] | null = asked
      const fetched = await retrying(this.#cluster, GIVE_UP_AFTER_MS, () => this.#fetch(left))
      stable.push(...fetched.committed)
      asked = fetched.unstable
      if (asked.length === 0) break
      if (this.#cluster.isClosed) throw new RetriableError('closed while offsets were unstable')
      await this.#cluster.pause(pauseMs)
      pauseMs = Math.min(2 * pauseMs, UNSTABLE_PAUSE_MAX_MS)
    }
    return stable
  }

  /**
   * @returns `rebalance`: the group is between the joins of a generation and its assignment
   * @throws {StaleGenerationError} the seat's generation is over
   * @throws {FencedError} the seat is gone
   */
  async commit(
    seat: Omit<GroupSeat, 'groupId'>,
    offsets: readonly CommittedOffset[],
  ): Promise<'ok' | 'rebalance'> {
    if (offsets.length === 0) return 'ok'
    const request = { groupId: this.#groupId, ...seat, offsets }
    return await retrying(this.#cluster, GIVE_UP_AFTER_MS, async () => {
      const answers = await this.#lane.call(offsetCommit, request)
      const failed = answers.find(({ errorCode }) => errorCode !== errorCodes.NONE)
      if (failed === undefined) return 'ok'
      this.#lane.expectCoordinator(failed.errorCode)
      if (failed.errorCode === errorCodes.REBALANCE_IN_PROGRESS) return 'rebalance'
      throw this.#commitRefusal(failed, seat)
    })
  }

  async #fetch(partitions: readonly TopicPartition[] | null): Promise<FetchedOffsets> {
    const answer = await this.#lane.call(offsetFetch, { groupId: this.#groupId, partitions })
    this.#lane.expectCoordinator(answer.errorCode)
    if (answer.errorCode !== errorCodes.NONE) {
      throw groupRefusal(offsetFetch.name, answer.errorCode, { groupId: this.#groupId })
    }
    const unstable: TopicPartition[] = []
    const committed: CommittedOffset[] = []
    for (const { errorCode, ...found } of answer.offsets) {
      if (errorCode === errorCodes.UNSTABLE_OFFSET_COMMIT) unstable.push(found)
      else if (errorCode !== errorCodes.NONE) this.#refuseFetch(errorCode, found)
      else if (found.offset >= 0) committed.push(found)
    }
    return { committed, unstable }
  }

  /** A topic that is unknown has no offset. */
  #refuseFetch(errorCode: number, { topic }: Omit<FetchedOffset, 'errorCode'>): void {
    this.#lane.expectCoordinator(errorCode)
    if (errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) return
    if (errorCode === errorCodes.TOPIC_AUTHORIZATION_FAILED) {
      throw accessDenied('Read', 'Topic', topic)
    }
    throw groupRefusal(offsetFetch.name, errorCode, { groupId: this.#groupId })
  }

  #commitRefusal(
    { errorCode, topic, partition }: PartitionAnswer,
    { generationId, memberId }: Omit<GroupSeat, 'groupId'>,
  ): Error {
    const groupId = this.#groupId
    switch (errorCode) {
      case errorCodes.ILLEGAL_GENERATION:
        return new StaleGenerationError(`generation ${generationId} of group ${groupId} is over`)
      case errorCodes.UNKNOWN_MEMBER_ID:
      case errorCodes.FENCED_INSTANCE_ID:
        return new FencedError(`${memberId} is no member of group ${groupId} any more`)
      case errorCodes.UNKNOWN_TOPIC_OR_PARTITION:
        return new UnknownTopicError(`there is no partition ${topic}-${partition}`)
      case errorCodes.TOPIC_AUTHORIZATION_FAILED:
        return accessDenied('Read', 'Topic', topic)
      case errorCodes.OFFSET_METADATA_TOO_LARGE:
        return new FatalBrokerError(
          `the metadata of the offset of ${topic}-${partition} is larger than the broker takes ` +
            `(offset.metadata.max.bytes): ${describeCode(errorCode)}`,
        )
      default:
        return groupRefusal(offsetCommit.name, errorCode, { groupId })
    }
  }
}
