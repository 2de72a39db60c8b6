import { decodeAssignment } from '../../../runtime/assignment/assignment-data.ts'
import { assignGroup } from '../../../runtime/assignment/group-assignment.ts'
import type { AssignorTask } from '../../../runtime/assignment/roster.ts'
import { encodeSubscription } from '../../../runtime/assignment/subscription-data.ts'

export const TOPOLOGY = 'topology-1'

/** What a member has in its head, whether or not the group still counts it. */
export class ModelMember {
  readonly memberId: string
  readonly endpoint: string | null
  topologyHash = TOPOLOGY
  owned: string[] = []
  ownedGeneration = -1
  standby: string[] = []
  readonly state = new Map<string, number>()
  error: string | null = null

  constructor(memberId: string, endpoint: string | null = null) {
    this.memberId = memberId
    this.endpoint = endpoint
  }

  /** What it runs gets on. */
  progress(): void {
    for (const id of this.owned) this.state.set(id, (this.state.get(id) ?? 0) + 10)
    for (const id of this.standby) this.state.set(id, (this.state.get(id) ?? 0) + 9)
  }
}

/** A group as the coordinator sees it: rounds of join, assign, take over and give back. */
export class GroupModel {
  readonly members = new Map<string, ModelMember>()
  /** Evicted, and not told yet: each still believes that it owns what it had. */
  readonly zombies: ModelMember[] = []
  readonly tasks: readonly AssignorTask[]
  readonly numStandbyReplicas: number
  generation = 0

  constructor(tasks: readonly AssignorTask[], numStandbyReplicas: number) {
    this.tasks = tasks
    this.numStandbyReplicas = numStandbyReplicas
  }

  join(memberId: string, endpoint: string | null = null): ModelMember {
    const member = new ModelMember(memberId, endpoint)
    this.members.set(memberId, member)
    return member
  }

  leave(memberId: string): void {
    this.members.delete(memberId)
  }

  evict(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    this.zombies.push(member)
  }

  /** A zombie comes back with what it believes, under its old name. */
  return(): void {
    const zombie = this.zombies.shift()
    if (zombie !== undefined && !this.members.has(zombie.memberId)) {
      this.members.set(zombie.memberId, zombie)
    }
  }

  /**
   * One rebalance.
   * @returns true when a member gave something back, so that another round follows
   */
  round(): boolean {
    const joined = [...this.members.values()]
    const before = new Map(joined.map((member) => [member, new Set(member.owned)]))
    this.generation++
    const assigned = assignGroup(
      joined.map((member) => ({
        memberId: member.memberId,
        instanceId: null,
        subscription: encodeSubscription(member),
      })),
      this.tasks,
      { numStandbyReplicas: this.numStandbyReplicas, topologyHash: TOPOLOGY },
    )
    let gaveBack = false
    for (const member of joined) {
      const { active, standby, error } = decodeAssignment(assigned.get(member.memberId)!)
      for (const id of active) {
        if (before.get(member)!.has(id)) continue
        const holder = joined.find((other) => other !== member && before.get(other)!.has(id))
        if (holder !== undefined) {
          throw new Error(`${id} given to ${member.memberId} while ${holder.memberId} runs it`)
        }
      }
      gaveBack ||= member.owned.some((id) => !active.includes(id))
      member.owned = [...active]
      member.standby = [...standby]
      member.ownedGeneration = this.generation
      member.error = error
      member.progress()
    }
    const all = joined.flatMap(({ owned }) => owned)
    if (new Set(all).size !== all.length) throw new Error('a task runs twice')
    return gaveBack
  }

  /** Rounds until nobody gives anything back. */
  settle(): number {
    let rounds = 1
    while (this.round()) {
      if (++rounds > 10) throw new Error('no end')
    }
    return rounds
  }

  owners(): Map<string, string> {
    return new Map(
      [...this.members.values()].flatMap(({ memberId, owned }) =>
        owned.map((id): [string, string] => [id, memberId]),
      ),
    )
  }

  standbys(): Map<string, string[]> {
    const found = new Map<string, string[]>()
    for (const { memberId, standby } of this.members.values()) {
      for (const id of standby) found.set(id, [...(found.get(id) ?? []), memberId].sort())
    }
    return found
  }
}

export function tasksOf(...partitions: readonly number[]): AssignorTask[] {
  return partitions.flatMap((count, subTopology) =>
    Array.from({ length: count }, (_, partition) => ({
      id: `${subTopology}_${partition}`,
      isStateful: true,
    })),
  )
}
