import { ActiveBalance } from './active-balance.ts'
import { type AssignorMember, type AssignorTask, Roster } from './roster.ts'
import { StandbyPlacement } from './standby-placement.ts'
import { TaskClaims } from './task-claims.ts'

export interface AssignorOptions {
  /** Standbys of each stateful task; fewer where members are too few. */
  readonly numStandbyReplicas: number
  /** The leader's: members of another get nothing. */
  readonly topologyHash: string
}

/** What one member gets in this round. */
export interface MemberTasks {
  readonly active: readonly string[]
  readonly standby: readonly string[]
  /** What it runs and must give back; who gets that is decided in the round that follows. */
  readonly revoking: readonly string[]
  /** Of `revoking`, what it may go on answering queries about: nobody else has it this round. */
  readonly leaving: readonly string[]
  /** False: it runs another topology than the leader. */
  readonly isEligible: boolean
}

/**
 * Divides tasks over members, cooperatively (KIP-429).
 *
 * A1. A task goes to a member only if no other member says that it runs it. One that should move
 *     is given to nobody in this round: its owner gives it back and joins again, and the round
 *     that this makes gives it to its new owner.
 * A2. Two rounds after the last change every task has a member and counts differ by at most one.
 * A3. A pure function of the sets given, not of their order, so every leader decides alike.
 * A4. A member whose topology is not the leader's gets nothing, because `0_3` means other inputs
 *     and other stores there. What it runs stays withheld until it has left: so a new version
 *     with a changed topology is refused while the old one runs, whoever leads.
 */
export function assignTasks(
  members: readonly AssignorMember[],
  tasks: readonly AssignorTask[],
  { numStandbyReplicas, topologyHash }: AssignorOptions,
): Map<string, MemberTasks> {
  const roster = new Roster(members, tasks, topologyHash)
  const claims = new TaskClaims(roster)
  const target = ActiveBalance.targets(roster, claims)
  const standbys = StandbyPlacement.standbys(roster, claims, target, numStandbyReplicas)
  const eligible = new Set(roster.eligible)
  const given = roster.members.map((_, member) => ({
    active: [] as string[],
    standby: [] as string[],
    revoking: [] as string[],
    leaving: [] as string[],
    isEligible: eligible.has(member),
  }))
  roster.tasks.forEach(({ id }, task) => {
    const member = target[task]!
    const owner = claims.owner[task]!
    const isKept = member >= 0 && (owner === member || !claims.isHeldByOther(task, member))
    if (isKept) given[member]!.active.push(id)
    for (const claimant of claims.claimants[task]!) {
      if (isKept && claimant === member) continue
      given[claimant]!.revoking.push(id)
      if (!isKept && claimant === owner) given[claimant]!.leaving.push(id)
    }
    for (const standby of standbys[task]!) given[standby]!.standby.push(id)
  })
  return new Map(roster.members.map(({ memberId }, i) => [memberId, given[i]!]))
}
