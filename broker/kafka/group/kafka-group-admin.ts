import { FencedError, GroupNotEmptyError, StaleGenerationError } from '../../errors.ts'
import type { CommittedOffset, GroupAdmin, TopicPartition } from '../../port.ts'
import { retrying } from '../backoff.ts'
import type { Cluster } from '../cluster.ts'
import { errorCodes } from '../error-codes.ts'
import { describeGroup } from '../wire/describe-groups.ts'
import { offsetDelete } from '../wire/offset-delete.ts'
import { CoordinatorLane } from './coordinator-lane.ts'
import { GroupOffsets } from './group-offsets.ts'
import { groupRefusal } from './verdict.ts'

const GIVE_UP_AFTER_MS = 30_000

/** Who commits without being a member; refused while the group has one. */
const NOBODY = { generationId: -1, memberId: '', instanceId: null }

/** What has no offset to delete. */
const nothingThere: ReadonlySet<number> = new Set([
  errorCodes.NONE,
  errorCodes.GROUP_ID_NOT_FOUND,
  errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
])

const alive: ReadonlySet<number> = new Set([
  errorCodes.NON_EMPTY_GROUP,
  errorCodes.GROUP_SUBSCRIBED_TO_TOPIC,
])

/** Looks at a group, and changes its offsets while nobody is in it: the coordinator checks that. */
export class KafkaGroupAdmin implements GroupAdmin {
  readonly #cluster: Cluster
  readonly #groupId: string
  readonly #lane: CoordinatorLane
  readonly #offsets: GroupOffsets

  constructor(cluster: Cluster, groupId: string) {
    this.#cluster = cluster
    this.#groupId = groupId
    this.#lane = new CoordinatorLane(cluster, groupId, 'control')
    this.#offsets = new GroupOffsets(cluster, groupId, 'control')
  }

  async members(): Promise<{ memberId: string; instanceId: string | null }[]> {
    const { members } = await retrying(this.#cluster, GIVE_UP_AFTER_MS, async () => {
      const group = await this.#lane.call(describeGroup, this.#groupId)
      this.#check(describeGroup.name, group.errorCode)
      return group
    })
    return [...members]
  }

  committed(): Promise<CommittedOffset[]> {
    return this.#offsets.stable(null)
  }

  async alterOffsets(offsets: readonly CommittedOffset[]): Promise<void> {
    try {
      await this.#offsets.commit(NOBODY, offsets)
    } catch (error) {
      const hasMembers = error instanceof FencedError || error instanceof StaleGenerationError
      throw hasMembers ? this.#notEmpty() : error
    }
  }

  async deleteOffsets(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return
    const request = { groupId: this.#groupId, partitions }
    await retrying(this.#cluster, GIVE_UP_AFTER_MS, async () => {
      const answer = await this.#lane.call(offsetDelete, request)
      this.#check(offsetDelete.name, answer.errorCode)
      for (const { errorCode } of answer.partitions) this.#check(offsetDelete.name, errorCode)
    })
  }

  #check(apiName: string, errorCode: number): void {
    if (nothingThere.has(errorCode)) return
    if (alive.has(errorCode)) throw this.#notEmpty()
    this.#lane.expectCoordinator(errorCode)
    throw groupRefusal(apiName, errorCode, { groupId: this.#groupId })
  }

  #notEmpty(): GroupNotEmptyError {
    return new GroupNotEmptyError(
      `group ${this.#groupId} has members: stop them before its offsets are changed`,
    )
  }
}
