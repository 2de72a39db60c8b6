import type { Roster } from './roster.ts'

/**
 * Who says that they run which task.
 *
 * C1. Every claim counts as a task that may be running: nobody else may start it.
 * C2. Of several claims that of the highest generation is true: the others are left from before
 *     their members were evicted. Two of one generation cannot both be, so neither is believed.
 */
export class TaskClaims {
  /** By task: the eligible member whose claim is true; −1: there is none. */
  readonly owner: Int32Array
  /** By task: members that claim it. */
  readonly claimants: readonly (readonly number[])[]

  constructor(roster: Roster) {
    const { members, tasks } = roster
    const claimants: number[][] = tasks.map(() => [])
    members.forEach(({ owned }, member) => {
      for (const taskId of new Set(owned)) {
        const task = roster.taskIndex(taskId)
        if (task !== undefined) claimants[task]!.push(member)
      }
    })
    const eligible = new Set(roster.eligible)
    const generationOf = (member: number) => members[member]!.ownedGeneration
    this.claimants = claimants
    this.owner = Int32Array.from(claimants, (claiming) => {
      const newest = Math.max(...claiming.map(generationOf))
      const [first = -1, second] = claiming.filter((member) => generationOf(member) === newest)
      return second === undefined && eligible.has(first) ? first : -1
    })
  }

  /** True: somebody else says it runs the task, so it must not be started there now. */
  isHeldByOther(task: number, member: number): boolean {
    return this.claimants[task]!.some((claimant) => claimant !== member)
  }
}
