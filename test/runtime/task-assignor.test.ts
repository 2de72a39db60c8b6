import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignTasks, type AssignorMember } from '../../runtime/task-assignor.ts'

const taskId = fc
  .tuple(fc.nat(3), fc.nat(20))
  .map(([subTopology, partition]) => `${subTopology}_${partition}`)

const group = fc
  .record({
    tasks: fc.uniqueArray(taskId, { maxLength: 30 }),
    memberIds: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 6,
    }),
    foreign: fc.uniqueArray(taskId, { maxLength: 5 }),
    seed: fc.nat(),
  })
  .map(({ tasks, memberIds, foreign, seed }) => {
    const members: AssignorMember[] = memberIds.map((memberId, i) => ({
      memberId,
      previousTasks: [...tasks, ...foreign].filter((_, t) => (t * 7 + seed + i) % 3 === 0),
    }))
    return { members, tasks }
  })

describe('the task assignor', () => {
  it('gives every task to exactly one member and counts differ by at most one', () => {
    fc.assert(
      fc.property(group, ({ members, tasks }) => {
        const assignment = assignTasks(members, tasks)
        expect([...assignment.values()].flat().sort()).toEqual([...tasks].sort())
        const counts = [...assignment.values()].map((own) => own.length)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('moves nothing when members and tasks stay the same', () => {
    fc.assert(
      fc.property(group, ({ members, tasks }) => {
        const first = assignTasks(members, tasks)
        const settled = members.map(({ memberId }) => ({
          memberId,
          previousTasks: first.get(memberId)!,
        }))
        const second = assignTasks(settled, tasks)
        for (const [memberId, own] of first) {
          expect([...second.get(memberId)!].sort()).toEqual([...own].sort())
        }
      }),
    )
  })

  it('does not depend on the order of members or tasks', () => {
    fc.assert(
      fc.property(group, ({ members, tasks }) => {
        const forward = assignTasks(members, tasks)
        const backward = assignTasks([...members].reverse(), [...tasks].reverse())
        expect(new Map([...backward].sort())).toEqual(new Map([...forward].sort()))
      }),
    )
  })

  it('moves only what balance asks for when a member leaves', () => {
    const tasks = ['0_0', '0_1', '0_2', '0_3', '0_4', '0_5']
    const before = assignTasks(
      ['a', 'b', 'c'].map((memberId) => ({ memberId, previousTasks: [] })),
      tasks,
    )
    const stayed = ['a', 'b'].map((memberId) => ({
      memberId,
      previousTasks: before.get(memberId)!,
    }))
    const after = assignTasks(stayed, tasks)
    for (const { memberId, previousTasks } of stayed) {
      expect(after.get(memberId)).toEqual(expect.arrayContaining([...previousTasks]))
    }
  })
})
