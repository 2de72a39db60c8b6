import type { ByteString } from '../../bytes/byte-string.ts'
import { attackerOf, componentGroup, PENDING_ATTACKERS } from './cluster-keys.ts'
import type { ClusterMember } from './cluster-member.ts'
import type { IsGeneric } from './evidence.ts'
import type { IdentifyStores } from './identify-stores.ts'
import { partition } from './partition.ts'

/** The root announced of an attacker of which nothing was announced. */
export const NEVER_ANNOUNCED: ByteString = ''

/**
 * Components, named by their oldest member, the root.
 *
 * K1. Every attacker is in exactly one component, and its row and the component's agree.
 * K2. The root is the member first seen first, of equal ones that of the smallest id. So it is a
 *     function of the members, not of the order in which they came together.
 * K3. Whoever's root changes is pending until it is announced, with the root announced last.
 */
export class ComponentIndex {
  readonly #stores: IdentifyStores

  constructor(stores: IdentifyStores) {
    this.#stores = stores
  }

  /** @throws {RangeError} the attacker has no row: the stores contradict each other */
  member(attacker: ByteString): ClusterMember {
    const member = this.#stores.attackers.get(attacker)
    if (member === undefined) throw new RangeError(`attacker ${attacker} has no row`)
    return member
  }

  members(root: ByteString): ByteString[] {
    return this.#stores.components.group(componentGroup(root)).map(([key]) => attackerOf(key))
  }

  /** A new attacker, alone. */
  admit(attacker: ByteString, member: ClusterMember): void {
    this.#stores.attackers.put(attacker, { ...member, root: attacker })
    this.#stores.components.put(componentGroup(attacker) + attacker, true)
    this.#stores.pending.put(PENDING_ATTACKERS + attacker, NEVER_ANNOUNCED)
  }

  /** Joins the components of two attackers: costs the members of the younger one. */
  join(a: ByteString, b: ByteString): void {
    const first = this.member(a).root
    const second = this.member(b).root
    if (first === second) return
    const [winner, loser] = this.#isOlder(first, second) ? [first, second] : [second, first]
    for (const attacker of this.members(loser)) this.settle(attacker, winner)
  }

  /** Computes a component anew, after edges of it may have gone: costs its members. */
  recompute(root: ByteString, isGeneric: IsGeneric): void {
    const attackers = this.members(root)
    const rows = attackers.map((attacker) => this.member(attacker))
    for (const places of partition(rows, isGeneric)) {
      const group = places.map((place) => attackers[place]!)
      const oldest = group.reduce((a, b) => (this.#isOlder(a, b) ? a : b))
      for (const attacker of group) this.settle(attacker, oldest)
    }
  }

  /** Puts an attacker into the component of a root. */
  settle(attacker: ByteString, root: ByteString): void {
    const member = this.member(attacker)
    if (member.root === root) return
    const { attackers, components, pending } = this.#stores
    components.delete(componentGroup(member.root) + attacker)
    components.put(componentGroup(root) + attacker, true)
    attackers.put(attacker, { ...member, root })
    const pendingKey = PENDING_ATTACKERS + attacker
    if (pending.get(pendingKey) === undefined) pending.put(pendingKey, member.root)
  }

  #isOlder(a: ByteString, b: ByteString): boolean {
    const ageOfA = this.member(a).firstSeen
    const ageOfB = this.member(b).firstSeen
    return ageOfA === ageOfB ? a < b : ageOfA < ageOfB
  }
}
