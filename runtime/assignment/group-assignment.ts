import type { GroupMember } from '../../broker/port.ts'
import { type AssignedHost, encodeAssignment } from './assignment-data.ts'
import type { AssignorTask } from './roster.ts'
import { decodeSubscription } from './subscription-data.ts'
import { type AssignorOptions, assignTasks } from './task-assignor.ts'

/** The leader's work: from what members published to what each is given, in bytes. */
export function assignGroup(
  members: readonly GroupMember[],
  tasks: readonly AssignorTask[],
  options: AssignorOptions,
): Map<string, Buffer> {
  const known = members.map(({ memberId, subscription }) => ({
    ...decodeSubscription(subscription),
    memberId,
  }))
  const assigned = assignTasks(known, tasks, options)
  const hosts = known.flatMap(({ memberId, endpoint }): AssignedHost[] => {
    const { active, leaving, standby } = assigned.get(memberId)!
    const served = [...active, ...leaving]
    if (served.length + standby.length === 0) return []
    return [{ memberId, endpoint, active: served, standby }]
  })
  return new Map(
    [...assigned].map(([memberId, { active, standby, isEligible }]) => [
      memberId,
      isEligible
        ? encodeAssignment({ active, standby, hosts, error: null })
        : encodeAssignment({ active, standby, hosts: [], error: 'TOPOLOGY_DIFFERS' }),
    ]),
  )
}
