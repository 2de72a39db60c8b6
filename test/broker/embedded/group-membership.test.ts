import { beforeEach, describe, expect, it } from 'vitest'
import {
  GroupMembership,
  type JoinRequest,
  type MemberLink,
} from '../../../broker/embedded/group-membership.ts'
import { FencedError, StaleGenerationError } from '../../../broker/errors.ts'
import { ManualClock } from '../../support/manual-clock.ts'

class Member {
  memberId: string | null = null
  generationId = -1
  rebalances = 0
  isReplaced = false
  readonly #membership: GroupMembership
  readonly #link: MemberLink
  readonly #request: Omit<JoinRequest, 'memberId' | 'link'>

  constructor(
    membership: GroupMembership,
    instanceId: string | null = null,
    sessionTimeoutMs = 1000,
    rebalanceTimeoutMs = 3000,
  ) {
    this.#membership = membership
    const subscription = Buffer.alloc(0)
    this.#request = { instanceId, subscription, sessionTimeoutMs, rebalanceTimeoutMs }
    this.#link = { rebalance: () => this.rebalances++, replaced: () => (this.isReplaced = true) }
  }

  /** Joins and syncs; @returns its share, or 'rebalance' */
  async enter(): Promise<string> {
    const joined = await this.#membership.join({
      ...this.#request,
      memberId: this.memberId,
      link: this.#link,
    })
    this.memberId = joined.memberId
    this.generationId = joined.generationId
    const shares = joined.members?.map(({ memberId }, i): [string, Buffer] => [
      memberId,
      Buffer.from(`share ${i}`),
    ])
    const share = await this.#membership.sync(
      joined.memberId,
      joined.generationId,
      shares === undefined ? null : new Map(shares),
    )
    return share.toString()
  }

  beat(): 'ok' | 'rebalance' {
    return this.#membership.heartbeat(this.memberId!, this.generationId)
  }

  leave(): void {
    this.#membership.leave(this.#link)
  }
}

describe('group membership', () => {
  let clock: ManualClock
  let membership: GroupMembership
  let ids: number

  beforeEach(() => {
    clock = new ManualClock()
    ids = 0
    membership = new GroupMembership('group', clock, () => `${ids++}`)
  })

  const member = (...options: (string | null)[]): Member => new Member(membership, ...options)
  const stableGroup = async (...members: Member[]): Promise<void> => {
    for (let i = 0; i < members.length; i++) {
      const newcomer = members[i]!.enter()
      await Promise.all([newcomer, ...members.slice(0, i).map((each) => each.enter())])
    }
    for (const each of members) expect(each.beat()).toBe('ok')
    for (const each of members) each.rebalances = 0
  }

  it('keeps a member that is heard of, and removes one that is not', async () => {
    const [heard, silent] = [member(), member()]
    await stableGroup(heard, silent)
    for (let i = 0; i < 3; i++) {
      await clock.advance(400)
      if (heard.rebalances === 0) heard.beat()
    }
    expect(membership.members().map(({ memberId }) => memberId)).toEqual([heard.memberId])
    expect(() => silent.beat()).toThrow(FencedError)
    expect(heard.beat()).toBe('rebalance')
    expect(await heard.enter()).toBe('share 0')
  })

  it('goes on without members that do not join again in time', async () => {
    const [joins, stays] = [member(null), member(null)]
    await stableGroup(joins, stays)
    const newcomer = member()
    const entering = [newcomer.enter(), joins.enter()]
    for (let i = 0; i < 5; i++) {
      await clock.advance(500)
      expect(stays.beat()).toBe('rebalance')
    }
    await clock.advance(600)
    expect((await Promise.all(entering)).sort()).toEqual(['share 0', 'share 1'])
    expect(() => stays.beat()).toThrow(FencedError)
  })

  it('lets the old generation commit until everybody has joined again', async () => {
    const old = member()
    await stableGroup(old)
    const metadata = { groupId: 'group', memberId: old.memberId!, generationId: old.generationId }
    const newcomer = member()
    const entering = newcomer.enter()
    expect(() => membership.checkCommit(metadata)).not.toThrow()
    await Promise.all([old.enter(), entering])
    expect(() => membership.checkCommit(metadata)).toThrow(StaleGenerationError)
  })

  it('starts over when the leader leaves before it has assigned', async () => {
    const [first, second] = [member(), member()]
    const link = { rebalance: () => undefined, replaced: () => undefined }
    const subscription = Buffer.alloc(0)
    const timeouts = { sessionTimeoutMs: 1000, rebalanceTimeoutMs: 3000 }
    const leader = await membership.join({
      memberId: null,
      instanceId: null,
      subscription,
      link,
      ...timeouts,
    })
    const entering = first.enter()
    expect(leader.members).toHaveLength(1)
    membership.leave(link)
    expect(await entering).toBe('share 0')
    const both = [second.enter(), first.enter()]
    expect((await Promise.all(both)).sort()).toEqual(['share 0', 'share 1'])
  })

  it('elects a live leader when the leader dies between join and assignment', async () => {
    const [other, another] = [member(), member()]
    const dead = await membership.join({
      memberId: null,
      instanceId: null,
      subscription: Buffer.alloc(0),
      sessionTimeoutMs: 1000,
      rebalanceTimeoutMs: 100_000,
      link: { rebalance: () => undefined, replaced: () => undefined },
    })
    expect(dead.members).toHaveLength(1)
    const entering = [other.enter(), another.enter()]
    await clock.advance(1500)
    expect((await Promise.all(entering)).sort()).toEqual(['share 0', 'share 1'])
  })

  it('keeps the seat of a static member that missed a rebalance', async () => {
    const away = member('away')
    await stableGroup(away)
    const share = away.memberId
    const newcomer = member()
    const entering = newcomer.enter()
    for (let i = 0; i < 5; i++) {
      await clock.advance(500)
      away.beat()
    }
    await clock.advance(600)
    await entering
    expect(membership.members().map(({ memberId }) => memberId)).toContain(share)
    expect(() => away.beat()).toThrow(FencedError)
    const back = member('away')
    expect(await back.enter()).toMatch(/^share/)
    expect(newcomer.rebalances).toBe(0)
  })

  it('hands the leadership of a replaced static leader on with its seat', async () => {
    const leader = member('leader')
    await stableGroup(leader)
    const twin = member('leader')
    expect(await twin.enter()).toBe('share 0')
    expect(twin.generationId).toBe(leader.generationId)
    expect(leader.isReplaced).toBe(true)
    expect(() => leader.beat()).toThrow(FencedError)
    const newcomer = member()
    const entering = newcomer.enter()
    await Promise.all([twin.enter(), entering])
    expect(twin.beat()).toBe('ok')
  })

  it('is empty again when the last member leaves, and starts a later generation', async () => {
    const last = member()
    await stableGroup(last)
    last.leave()
    expect(membership.isEmpty).toBe(true)
    expect(clock.pendingCount).toBe(0)
    const next = member()
    await stableGroup(next)
    expect(next.generationId).toBeGreaterThan(last.generationId)
  })

  it('does not check who commits without being a member', () => {
    const outsider = { groupId: 'group', memberId: '', generationId: -1 }
    expect(() => membership.checkCommit(outsider)).not.toThrow()
    expect(() => membership.checkCommit({ ...outsider, memberId: 'x' })).toThrow(FencedError)
    expect(() => membership.checkCommit({ ...outsider, generationId: 1 })).toThrow(FencedError)
  })
})
