import type { SubscriptionData } from './subscription-data.ts'

/** A member of the group as the assignor sees it. */
export interface AssignorMember extends SubscriptionData {
  readonly memberId: string
}

export interface AssignorTask {
  /** `<subTopology>_<partition>`. */
  readonly id: string
  /** False: it has no state, so a standby of it would keep nothing. */
  readonly isStateful: boolean
}

export interface RosterTask extends AssignorTask {
  readonly subTopology: string
  readonly partition: number
}

/** A member with state of a task, best first: running standbys, then by how far the state is. */
export interface StateHolder {
  readonly member: number
  readonly isStandby: boolean
  readonly position: number
}

/**
 * Members and tasks in an order of their own, so that nothing depends on that of the input.
 * Both are known by their index from here on.
 */
export class Roster {
  readonly members: readonly AssignorMember[]
  readonly tasks: readonly RosterTask[]
  /** Members that run the leader's topology. */
  readonly eligible: readonly number[]
  /** By task: who could take it over soonest first. Only eligible members. */
  readonly holders: readonly (readonly StateHolder[])[]
  readonly #indices: ReadonlyMap<string, number>

  constructor(
    members: readonly AssignorMember[],
    tasks: readonly AssignorTask[],
    topologyHash: string,
  ) {
    this.members = [...members].sort((a, b) => compareText(a.memberId, b.memberId))
    this.tasks = tasks.map(rosterTask).sort(compareTasks)
    this.eligible = this.members.flatMap((m, i) => (m.topologyHash === topologyHash ? [i] : []))
    this.#indices = new Map(this.tasks.map(({ id }, i) => [id, i]))
    this.holders = this.#findHolders()
  }

  /** Undefined: the leader's topology has no such task. */
  taskIndex(taskId: string): number | undefined {
    return this.#indices.get(taskId)
  }

  #findHolders(): StateHolder[][] {
    const holders: StateHolder[][] = this.tasks.map(() => [])
    for (const member of this.eligible) {
      const { state, standby } = this.members[member]!
      const standbys = new Set(standby)
      for (const taskId of new Set([...state.keys(), ...standbys])) {
        const task = this.taskIndex(taskId)
        if (task === undefined || !this.tasks[task]!.isStateful) continue
        const isStandby = standbys.has(taskId)
        holders[task]!.push({ member, isStandby, position: state.get(taskId) ?? 0 })
      }
    }
    for (const list of holders) list.sort(compareHolders)
    return holders
  }
}

function rosterTask({ id, isStateful }: AssignorTask): RosterTask {
  const [subTopology = '', partition] = id.split('_')
  return { id, isStateful, subTopology, partition: Number(partition) }
}

function compareTasks(a: RosterTask, b: RosterTask): number {
  return compareText(a.subTopology, b.subTopology) || a.partition - b.partition
}

function compareHolders(a: StateHolder, b: StateHolder): number {
  if (a.isStandby !== b.isStandby) return a.isStandby ? -1 : 1
  return b.position - a.position || a.member - b.member
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
