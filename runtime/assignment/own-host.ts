import type { AssignedHost, AssignmentData } from './assignment-data.ts'

/**
 * The place of a member among the hosts of its assignment; null: it has no tasks.
 *
 * A static member that restarts gets the assignment of its former life again, without a rebalance
 * (KIP-345): there it has its former member id, and perhaps a former endpoint. It is known by its
 * tasks, for no two hosts have the same ones active.
 */
export function ownHost(
  { active, hosts, standby }: Pick<AssignmentData, 'active' | 'hosts' | 'standby'>,
  memberId: string,
): AssignedHost | null {
  const named = hosts.find((host) => host.memberId === memberId)
  if (named !== undefined) return named
  if (active.length + standby.length === 0) return null
  const hasOwn = (host: AssignedHost): boolean =>
    active.every((id) => host.active.includes(id)) &&
    standby.every((id) => host.standby.includes(id))
  return hosts.find(hasOwn) ?? null
}
