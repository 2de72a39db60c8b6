import { describe, expect, it } from 'vitest'
import { decodeAssignment } from '../../../runtime/assignment/assignment-data.ts'
import { assignGroup } from '../../../runtime/assignment/group-assignment.ts'
import { encodeSubscription } from '../../../runtime/assignment/subscription-data.ts'
import { TaskRouting } from '../../../runtime/assignment/task-routing.ts'
import { ModelMember, tasksOf, TOPOLOGY } from './group-model.ts'

function routingFor(memberId: string, members: readonly ModelMember[]): TaskRouting {
  const assigned = assignGroup(
    members.map((member) => ({
      memberId: member.memberId,
      instanceId: null,
      subscription: encodeSubscription(member),
    })),
    tasksOf(2),
    { numStandbyReplicas: 1, topologyHash: TOPOLOGY },
  )
  return new TaskRouting(decodeAssignment(assigned.get(memberId)!), memberId)
}

describe('task routing', () => {
  it('names the host of each task and of its standbys, at every member alike', () => {
    const members = [new ModelMember('a', 'a:1'), new ModelMember('b', 'b:1')]
    for (const memberId of ['a', 'b']) {
      const routing = routingFor(memberId, members)
      expect(routing.active('0_0')).toEqual({ memberId: 'a', endpoint: 'a:1' })
      expect(routing.standbys('0_0')).toEqual([{ memberId: 'b', endpoint: 'b:1' }])
      expect(routing.isSelf(routing.active('0_0')!)).toBe(memberId === 'a')
    }
  })

  it('leads to the old owner while a task is on its way', () => {
    const [a, b] = [new ModelMember('a', 'a:1'), new ModelMember('b', 'b:1')]
    Object.assign(a, { owned: ['0_0', '0_1'], ownedGeneration: 1 })
    const routing = routingFor('b', [a, b])
    expect(routing.active('0_0')?.memberId).toBe('a')
    expect(routing.active('0_1')?.memberId).toBe('a')
  })

  it('knows nothing of tasks that nobody has', () => {
    const routing = routingFor('a', [new ModelMember('a')])
    expect(routing.active('7_0')).toBeNull()
    expect(routing.standbys('0_0')).toEqual([])
    expect(routing.active('0_0')).toEqual({ memberId: 'a', endpoint: null })
  })
})
