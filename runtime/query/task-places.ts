import type { Clock } from '../../broker/clock.ts'
import type { PeerClient } from '../../state/peer-port.ts'
import type { InstanceDescription } from '../../state/query-port.ts'
import type { LocalReader } from './local-reader.ts'
import type { LocalTasks } from './local-tasks.ts'
import type { Suspects } from './suspects.ts'
import { LocalTaskReader, RemoteTaskReader, type TaskReader } from './task-reader.ts'

export interface RoutingHost {
  readonly memberId: string
  readonly endpoint: string | null
}

/** Where tasks are, as the group's newest assignment says. */
export interface Routing {
  readonly hosts: readonly RoutingHost[]
  active(taskId: string): RoutingHost | null
  standbys(taskId: string): readonly RoutingHost[]
  isSelf(host: RoutingHost): boolean
}

export interface TaskPlacesOptions {
  readonly tasks: LocalTasks
  readonly reader: LocalReader
  /** Null: other instances cannot be asked. */
  readonly peers: PeerClient | null
  /** Null before the first assignment. */
  readonly routing: () => Routing | null
  readonly suspects: Suspects
  readonly clock: Clock
}

/** Where a task may be read, best first. */
export class TaskPlaces {
  readonly #options: TaskPlacesOptions

  constructor(options: TaskPlacesOptions) {
    this.#options = options
  }

  /**
   * The owner, then standbys, the one here first; who lately did not answer comes last.
   *
   * An owner here is enough: it is asked without a look at the group, whose view is older.
   */
  of(taskId: string): TaskReader[] {
    const { clock, reader, routing, suspects, tasks } = this.#options
    const active = tasks.active(taskId)
    if (active !== null) return [new LocalTaskReader(active, reader, clock)]
    const standby = tasks.standby(taskId)
    const known = routing()
    const places = [
      ...this.#remote(taskId, 'active', [known?.active(taskId) ?? null]),
      ...(standby === null ? [] : [new LocalTaskReader(standby, reader, clock)]),
      ...this.#remote(taskId, 'any', known?.standbys(taskId) ?? []),
    ]
    return [
      ...places.filter(({ place }) => !suspects.has(place)),
      ...places.filter(({ place }) => suspects.has(place)),
    ]
  }

  /** Why there is none, for people. */
  whyNone(taskId: string): string {
    const { peers, routing, tasks } = this.#options
    const here = tasks.reason(taskId)
    const owner = routing()?.active(taskId) ?? null
    if (owner === null || routing()!.isSelf(owner)) return here
    if (peers === null)
      return `${here}, and other instances cannot be asked without INTERNAL_SECRET`
    return `${here}, and its owner does not say where it is reached (APPLICATION_SERVER)`
  }

  instances(taskIds: readonly string[]): InstanceDescription[] {
    const routing = this.#options.routing()
    if (routing === null) return []
    const isAt = (host: RoutingHost) => (at: RoutingHost | null) => at?.memberId === host.memberId
    return routing.hosts.map((host) => ({
      memberId: host.memberId,
      endpoint: host.endpoint,
      isSelf: routing.isSelf(host),
      active: taskIds.filter((id) => isAt(host)(routing.active(id))),
      standby: taskIds.filter((id) => routing.standbys(id).some(isAt(host))),
    }))
  }

  #remote(
    taskId: string,
    accepts: 'active' | 'any',
    hosts: readonly (RoutingHost | null)[],
  ): TaskReader[] {
    const { clock, peers, routing } = this.#options
    if (peers === null) return []
    return hosts.flatMap((host) =>
      host === null || host.endpoint === null || routing()!.isSelf(host)
        ? []
        : [new RemoteTaskReader(host.endpoint, { taskId, accepts }, peers, clock)],
    )
  }
}
