import type { CommittedOffset, GroupAdmin, TopicPartition } from '../port.ts'
import type { GroupCoordinator } from './group-coordinator.ts'

/** Looks at a group, and changes its offsets while nobody is in it. */
export class EmbeddedGroupAdmin implements GroupAdmin {
  readonly #groupId: string
  readonly #coordinator: GroupCoordinator

  constructor(groupId: string, coordinator: GroupCoordinator) {
    this.#groupId = groupId
    this.#coordinator = coordinator
  }

  members(): Promise<{ memberId: string; instanceId: string | null }[]> {
    return Promise.resolve(this.#coordinator.membership(this.#groupId).members())
  }

  committed(): Promise<CommittedOffset[]> {
    return Promise.resolve(this.#coordinator.offsets(this.#groupId).all())
  }

  alterOffsets(offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#coordinator.alter(this.#groupId, offsets)
  }

  deleteOffsets(partitions: readonly TopicPartition[]): Promise<void> {
    return this.#coordinator.delete(this.#groupId, partitions)
  }
}
