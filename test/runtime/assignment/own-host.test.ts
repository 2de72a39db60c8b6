import { describe, expect, it } from 'vitest'
import type { AssignedHost } from '../../../runtime/assignment/assignment-data.ts'
import { ownHost } from '../../../runtime/assignment/own-host.ts'

const host = (memberId: string, active: string[], standby: string[] = []): AssignedHost => ({
  memberId,
  endpoint: `${memberId}:1`,
  active,
  standby,
})

describe('the place of a member in its assignment', () => {
  it('is under its member id, whatever tasks are on their way', () => {
    const hosts = [host('a', ['0_0', '0_1']), host('b', [])]
    expect(ownHost({ active: ['0_0'], standby: [], hosts }, 'a')).toBe(hosts[0])
  })

  it('is known by its tasks when it restarted under another id', () => {
    const hosts = [host('a', ['0_0'], ['0_1']), host('b', ['0_1'], ['0_0'])]
    expect(ownHost({ active: ['0_1'], standby: ['0_0'], hosts }, 'new')).toBe(hosts[1])
    expect(ownHost({ active: [], standby: ['0_1'], hosts }, 'new')).toBe(hosts[0])
  })

  it('is nowhere without tasks', () => {
    expect(ownHost({ active: [], standby: [], hosts: [host('a', ['0_0'])] }, 'new')).toBeNull()
    expect(ownHost({ active: ['0_9'], standby: [], hosts: [host('a', ['0_0'])] }, 'n')).toBeNull()
  })
})
