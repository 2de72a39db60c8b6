import type { Broker, Group, GroupMember, GroupOptions } from '../../broker/port.ts'

/** Who holds a thing, as all members of a test see it; a second holder is noted. */
export class OwnershipLedger {
  readonly doubles: string[] = []
  readonly #owners = new Map<number, CooperativeMember>()

  take(thing: number, member: CooperativeMember): void {
    const owner = this.#owners.get(thing)
    if (owner !== undefined && owner !== member) {
      this.doubles.push(`${thing} of ${owner.name} taken by ${member.name}`)
    }
    this.#owners.set(thing, member)
  }

  give(thing: number, member: CooperativeMember): void {
    if (this.#owners.get(thing) === member) this.#owners.delete(thing)
  }

  /** Things held, by the name of their owner. */
  shares(): ReadonlyMap<string, number> {
    const shares = new Map<string, number>()
    for (const { name } of this.#owners.values()) shares.set(name, (shares.get(name) ?? 0) + 1)
    return shares
  }
}

/**
 * A member that holds things as KIP-429 says: what it keeps goes on, what it loses it gives back
 * in its own time, then asks for a round in which others may take it.
 */
export class CooperativeMember {
  readonly name: string
  readonly group: Group
  readonly #owned = new Set<number>()
  readonly #ledger: OwnershipLedger
  readonly #pauseMs: () => number
  #isDead = false

  constructor(
    broker: Broker,
    options: Pick<GroupOptions, 'groupId'> & Partial<GroupOptions>,
    about: { name: string; things: number; ledger: OwnershipLedger; pauseMs: () => number },
  ) {
    this.name = about.name
    this.#ledger = about.ledger
    this.#pauseMs = about.pauseMs
    this.group = broker.group({
      heartbeatIntervalMs: 50,
      ...options,
      subscription: () => Buffer.from(JSON.stringify([...this.#owned])),
      assign: (members) => assignCooperatively(members, about.things),
      onAssigned: (assignment) => this.#take(JSON.parse(assignment.toString()) as number[]),
      onLost: () => {
        this.#giveAll()
        return Promise.resolve()
      },
    })
  }

  /** What it holds is free from now on, whatever its callbacks still do. */
  die(): void {
    this.#isDead = true
    this.#giveAll()
  }

  async leave(): Promise<void> {
    this.die()
    await this.group.leave()
  }

  async #take(assigned: readonly number[]): Promise<void> {
    const kept = new Set(assigned)
    const given = [...this.#owned].filter((thing) => !kept.has(thing))
    await pause(this.#pauseMs())
    for (const thing of given) {
      this.#owned.delete(thing)
      this.#ledger.give(thing, this)
    }
    if (this.#isDead) return
    for (const thing of assigned) {
      this.#owned.add(thing)
      this.#ledger.take(thing, this)
    }
    if (given.length > 0) this.group.rejoin()
  }

  #giveAll(): void {
    for (const thing of this.#owned) this.#ledger.give(thing, this)
    this.#owned.clear()
  }
}

/** Deals things out in turn; what another still holds is given to nobody. */
export function assignCooperatively(
  members: readonly GroupMember[],
  things: number,
): Map<string, Buffer> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const holders = new Map<number, string>()
  for (const { memberId, subscription } of sorted) {
    for (const thing of JSON.parse(subscription.toString()) as number[]) {
      holders.set(thing, memberId)
    }
  }
  const shares = sorted.map(({ memberId }): [string, number[]] => [memberId, []])
  for (let thing = 0; thing < things; thing++) {
    const [memberId, share] = shares[thing % shares.length]!
    const holder = holders.get(thing)
    if (holder === undefined || holder === memberId) share.push(thing)
  }
  return new Map(shares.map(([id, share]) => [id, Buffer.from(JSON.stringify(share))]))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
