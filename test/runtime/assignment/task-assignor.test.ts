import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignTasks } from '../../../runtime/assignment/task-assignor.ts'
import { GroupModel, ModelMember, tasksOf, TOPOLOGY } from './group-model.ts'

const tasks = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.boolean()), { minLength: 1, maxLength: 4 })
  .map((subTopologies) =>
    subTopologies.flatMap(([partitions, isStateful], sub) =>
      Array.from({ length: partitions }, (_, p) => ({ id: `${sub}_${p}`, isStateful })),
    ),
  )

const change = fc.record({
  kind: fc.constantFrom('join', 'leave', 'evict', 'return', 'round'),
  member: fc.nat(7),
  host: fc.nat(3),
})

/** A group after random changes, settled. */
const history = fc
  .record({
    tasks,
    replicas: fc.nat(2),
    changes: fc.array(change, { maxLength: 25 }),
  })
  .map(({ tasks, replicas, changes }) => {
    const group = new GroupModel(tasks, replicas)
    for (const { kind, member, host } of changes) {
      const id = `m${member}`
      if (kind === 'join' && !group.members.has(id)) group.join(id, `host${host}:${8080 + member}`)
      else if (kind === 'leave') group.leave(id)
      else if (kind === 'evict') group.evict(id)
      else if (kind === 'return') group.return()
      else if (kind === 'round') group.round()
    }
    if (group.members.size === 0) group.join('m0', 'host0:8080')
    return { group, rounds: group.settle() }
  })

const countsOf = (group: GroupModel) => [...group.members.values()].map((m) => m.owned.length)
const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts)

describe('the task assignor after any history', () => {
  it('comes to rest two rounds after the last change, every task at one member', () => {
    fc.assert(
      fc.property(history, ({ group, rounds }) => {
        expect(rounds).toBeLessThanOrEqual(2)
        const ids = group.tasks.map(({ id }) => id).sort()
        expect([...group.owners().keys()].sort()).toEqual(ids)
        expect(spread(countsOf(group))).toBeLessThanOrEqual(1)
      }),
      { numRuns: 500 },
    )
  })

  it('has the standbys asked for, apart from the task and from each other', () => {
    fc.assert(
      fc.property(history, ({ group }) => {
        const owners = group.owners()
        const standbys = group.standbys()
        const wanted = Math.min(group.numStandbyReplicas, group.members.size - 1)
        for (const { id, isStateful } of group.tasks) {
          const at = standbys.get(id) ?? []
          expect(at).toHaveLength(isStateful ? wanted : 0)
          expect(new Set([...at, owners.get(id)]).size).toBe(at.length + 1)
        }
      }),
    )
  })

  it('moves nothing when nothing changed', () => {
    fc.assert(
      fc.property(history, ({ group }) => {
        const [owners, standbys] = [group.owners(), group.standbys()]
        expect(group.round()).toBe(false)
        expect(group.owners()).toEqual(owners)
        expect(group.standbys()).toEqual(standbys)
      }),
    )
  })

  it('moves only the share of a member that joins', () => {
    fc.assert(
      fc.property(history, ({ group }) => {
        const before = group.owners()
        group.join('new')
        group.settle()
        const moved = [...group.owners()].filter(([id, member]) => before.get(id) !== member)
        expect(moved.every(([, member]) => member === 'new')).toBe(true)
        expect(moved.length).toBeLessThanOrEqual(Math.ceil(group.tasks.length / group.members.size))
      }),
    )
  })

  it('moves only the tasks of a member that is gone', () => {
    fc.assert(
      fc.property(history, fc.nat(), ({ group }, pick) => {
        fc.pre(group.members.size > 1)
        const gone = [...group.members.keys()][pick % group.members.size]!
        const before = group.owners()
        group.leave(gone)
        group.settle()
        for (const [id, member] of group.owners()) {
          if (before.get(id) !== gone) expect(member).toBe(before.get(id))
        }
      }),
    )
  })

  it('does not depend on the order of members, tasks or lists', () => {
    fc.assert(
      fc.property(history, ({ group }) => {
        const members = [...group.members.values()]
        const options = { numStandbyReplicas: group.numStandbyReplicas, topologyHash: TOPOLOGY }
        const forward = assignTasks(members, group.tasks, options)
        const turned = members.reverse().map((member) => ({
          memberId: member.memberId,
          endpoint: member.endpoint,
          topologyHash: member.topologyHash,
          ownedGeneration: member.ownedGeneration,
          owned: [...member.owned].reverse(),
          standby: [...member.standby].reverse(),
          state: new Map([...member.state].reverse()),
        }))
        expect(assignTasks(turned, [...group.tasks].reverse(), options)).toEqual(forward)
      }),
    )
  })
})

describe('the task assignor', () => {
  it('spreads each sub-topology over a group that starts together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 6 }),
        (partitions, memberCount) => {
          const group = new GroupModel(tasksOf(...partitions), 0)
          for (let i = 0; i < memberCount; i++) group.join(`m${i}`)
          group.settle()
          partitions.forEach((_, sub) => {
            const counts = [...group.members.values()].map(
              ({ owned }) => owned.filter((id) => id.startsWith(`${sub}_`)).length,
            )
            expect(spread(counts)).toBeLessThanOrEqual(2)
          })
        },
      ),
    )
  })

  it('gives a member that joins tasks of every sub-topology', () => {
    const group = new GroupModel(tasksOf(8, 8), 0)
    group.join('a')
    group.settle()
    group.join('b')
    group.settle()
    const { owned } = group.members.get('b')!
    expect(owned.filter((id) => id.startsWith('0_'))).toHaveLength(4)
    expect(owned.filter((id) => id.startsWith('1_'))).toHaveLength(4)
  })

  it('spreads standbys evenly over a group that starts together', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1, max: 2 }),
        (partitions, memberCount, replicas) => {
          const group = new GroupModel(tasksOf(partitions), replicas)
          for (let i = 0; i < memberCount; i++) group.join(`m${i}`)
          group.settle()
          const counts = [...group.members.values()].map(({ standby }) => standby.length)
          expect(spread(counts)).toBeLessThanOrEqual(1)
        },
      ),
    )
  })

  it('promotes the standby of a member that is gone', () => {
    const group = new GroupModel(tasksOf(6), 1)
    for (const id of ['a', 'b', 'c']) group.join(id)
    group.settle()
    const standbys = group.standbys()
    const lost = [...group.members.get('a')!.owned]
    group.evict('a')
    group.settle()
    const owners = group.owners()
    const promoted = lost.filter((id) => standbys.get(id)!.includes(owners.get(id)!))
    expect(promoted).toEqual(lost)
  })

  it('prefers left-over state where no standby runs', () => {
    const group = new GroupModel(tasksOf(4), 0)
    group.join('a')
    const b = group.join('b')
    b.state.set('0_0', 500).set('0_2', 400)
    group.settle()
    expect(b.owned).toEqual(['0_0', '0_2'])
  })

  it('keeps a task and its standby on different hosts', () => {
    const group = new GroupModel(tasksOf(12), 1)
    group.join('a', 'http://one:8080')
    group.join('b', 'http://one:8081')
    group.join('c', 'two:8080')
    group.settle()
    const hosts = new Map([...group.members.values()].map((m) => [m.memberId, m.endpoint!]))
    const machine = (id: string) => (hosts.get(id)!.includes('one') ? 'one' : 'two')
    const owners = group.owners()
    for (const [id, [standby]] of group.standbys()) {
      expect(machine(standby!)).not.toBe(machine(owners.get(id)!))
    }
  })

  it('believes the claim of the newest generation, and takes the task from the other', () => {
    const stale = new ModelMember('stale')
    const owner = new ModelMember('owner')
    Object.assign(stale, { owned: ['0_0'], ownedGeneration: 3 })
    Object.assign(owner, { owned: ['0_0'], ownedGeneration: 7 })
    const result = assignTasks([stale, owner], tasksOf(1), {
      numStandbyReplicas: 0,
      topologyHash: TOPOLOGY,
    })
    expect(result.get('owner')).toMatchObject({ active: ['0_0'], revoking: [] })
    expect(result.get('stale')).toMatchObject({ active: [], revoking: ['0_0'], leaving: [] })
  })

  it('takes a task from both of two members that claim it in one generation', () => {
    const group = new GroupModel(tasksOf(2), 0)
    const [a, b] = [group.join('a'), group.join('b')]
    for (const member of [a, b]) Object.assign(member, { owned: ['0_0'], ownedGeneration: 4 })
    expect(group.round()).toBe(true)
    expect([...a.owned, ...b.owned]).toEqual(['0_1'])
    group.settle()
    expect(group.owners().size).toBe(2)
  })

  it('ignores tasks that the topology has not', () => {
    const group = new GroupModel(tasksOf(1), 0)
    const member = group.join('a')
    Object.assign(member, { owned: ['9_9', 'nonsense'], ownedGeneration: 1 })
    group.settle()
    expect(member.owned).toEqual(['0_0'])
  })
})

describe('a member of another topology', () => {
  it('gets nothing but the error, and what it runs is withheld until it has left', () => {
    const group = new GroupModel(tasksOf(4), 1)
    const old = group.join('old')
    const other = group.join('other')
    Object.assign(other, { topologyHash: 'topology-2', owned: ['0_1'], ownedGeneration: 2 })
    group.members.set('other', other)
    group.round()
    expect(other).toMatchObject({ owned: [], standby: [], error: 'TOPOLOGY_DIFFERS' })
    expect(old.owned).toEqual(['0_0', '0_2', '0_3'])
    group.leave('other')
    group.settle()
    expect(old.owned).toHaveLength(4)
  })

  it('leaves the leader alone when every other differs', () => {
    const group = new GroupModel(tasksOf(4), 0)
    for (const id of ['a', 'b']) group.join(id).topologyHash = 'topology-2'
    group.join('leader')
    group.settle()
    expect(group.members.get('leader')!.owned).toHaveLength(4)
  })
})
