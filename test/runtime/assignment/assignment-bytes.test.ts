import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AssignmentData,
  decodeAssignment,
  encodeAssignment,
} from '../../../runtime/assignment/assignment-data.ts'
import { assignGroup } from '../../../runtime/assignment/group-assignment.ts'
import {
  decodeSubscription,
  encodeSubscription,
} from '../../../runtime/assignment/subscription-data.ts'
import { GroupModel, tasksOf, TOPOLOGY } from './group-model.ts'

const OWNS_NOTHING = {
  owned: [],
  ownedGeneration: -1,
  standby: [],
  state: new Map(),
  endpoint: null,
  topologyHash: '',
}

const ids = fc.array(fc.string(), { maxLength: 5 })

describe('subscription bytes', () => {
  it('read as what was written', () => {
    const data = fc.record({
      owned: ids,
      ownedGeneration: fc.integer({ min: -1 }),
      standby: ids,
      state: fc
        .array(fc.tuple(fc.string(), fc.nat()))
        .map((entries) => new Map(entries.filter(([key]) => key !== '__proto__'))),
      endpoint: fc.option(fc.string()),
      topologyHash: fc.string(),
    })
    fc.assert(
      fc.property(data, (data) => {
        expect(decodeSubscription(encodeSubscription(data))).toEqual(data)
      }),
    )
  })

  it('of another version, another program or damaged ones count as owning nothing', () => {
    const bytes = encodeSubscription({ ...OWNS_NOTHING, owned: ['0_0'] })
    const newer = Buffer.from(bytes)
    newer[0] = 2
    for (const foreign of [
      newer,
      bytes.subarray(0, -3),
      Buffer.alloc(0),
      Buffer.from('{"v":1,"tasks":["0_0"]}'),
    ]) {
      expect(decodeSubscription(foreign)).toEqual(OWNS_NOTHING)
    }
  })

  it('never throw, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => decodeSubscription(Buffer.from([1, ...bytes]))).not.toThrow()
        expect(() => decodeAssignment(Buffer.from([1, ...bytes]))).not.toThrow()
      }),
    )
  })
})

describe('assignment bytes', () => {
  it('read as what was written', () => {
    const host = fc.record({
      memberId: fc.string(),
      endpoint: fc.option(fc.string()),
      active: ids,
      standby: ids,
    })
    const data: fc.Arbitrary<AssignmentData> = fc.record({
      active: ids,
      standby: ids,
      hosts: fc.array(host, { maxLength: 4 }),
      error: fc.constantFrom('TOPOLOGY_DIFFERS' as const, null),
    })
    fc.assert(
      fc.property(data, (data) => {
        expect(decodeAssignment(encodeAssignment(data))).toEqual(data)
      }),
    )
  })

  it('of 50 members and 1,000 tasks fit in half of what a broker keeps of a group', () => {
    const group = new GroupModel(tasksOf(500, 500), 1)
    for (let i = 0; i < 50; i++) {
      const id = `instance-${i}-0b9d2a6e-5c1f-4c6e-9f0a-${(i * 7919).toString(16).padStart(12, '0')}`
      const member = group.join(id, `https://streams-${i}.internal.example:8443`)
      group.tasks.forEach((task, t) => {
        if ((t * 31 + i) % 10 === 0) member.state.set(task.id, 1_000_000 + t * 7_919 * (i + 1))
      })
    }
    group.settle()
    const subscriptions = [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: null,
      subscription: encodeSubscription(member),
    }))
    const options = { numStandbyReplicas: 1, topologyHash: TOPOLOGY }
    const assigned = assignGroup(subscriptions, group.tasks, options)
    const sizes = [...assigned.values()].map(({ length }) => length)
    expect(Math.max(...sizes)).toBeLessThan(10 * 1024)
    const published = subscriptions.map(({ subscription }) => subscription.length)
    const total = [...sizes, ...published].reduce((sum, size) => sum + size, 0)
    expect(total).toBeLessThan(512 * 1024)
  })
})
