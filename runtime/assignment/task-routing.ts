import type { AssignmentData } from './assignment-data.ts'

/** A member of the group as a place that answers queries. */
export interface TaskHost {
  readonly memberId: string
  /** Null: it did not say where it is reached. */
  readonly endpoint: string | null
}

/**
 * Where each task runs, as of one assignment; the next one makes another.
 *
 * Only a hint: whoever is asked says itself whether it has the task, because an assignment is old
 * from the moment a member dies to the round that follows.
 */
export class TaskRouting {
  readonly #memberId: string
  readonly #active = new Map<string, TaskHost>()
  readonly #standbys = new Map<string, TaskHost[]>()
  readonly hosts: readonly TaskHost[]

  /** @param memberId this instance's own */
  constructor({ hosts }: Pick<AssignmentData, 'hosts'>, memberId: string) {
    this.#memberId = memberId
    this.hosts = hosts.map(({ memberId, endpoint }) => ({ memberId, endpoint }))
    hosts.forEach(({ active, standby }, i) => {
      const host = this.hosts[i]!
      for (const taskId of active) this.#active.set(taskId, host)
      for (const taskId of standby) {
        this.#standbys.set(taskId, [...(this.#standbys.get(taskId) ?? []), host])
      }
    })
  }

  /** Null: between two owners. */
  active(taskId: string): TaskHost | null {
    return this.#active.get(taskId) ?? null
  }

  standbys(taskId: string): readonly TaskHost[] {
    return this.#standbys.get(taskId) ?? []
  }

  isSelf({ memberId }: TaskHost): boolean {
    return memberId === this.#memberId
  }
}
