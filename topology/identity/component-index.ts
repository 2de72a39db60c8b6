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

  member(attacker: ByteString): ClusterMember {
    return this.rows([attacker])[0]!
  }

  /** @throws {RangeError} an attacker has no row: the stores contradict each other */
  rows(attackers: readonly ByteString[]): ClusterMember[] {
    return this.#stores.attackers.getAll(attackers).map((row, i) => {
      if (row === undefined) throw new RangeError(`attacker ${attackers[i]} has no row`)
      return row
    })
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
    const [first, second] = this.rows([a, b]).map(({ root }) => root) as [ByteString, ByteString]
    if (first === second) return
    const [winner, loser] = this.#isOlder(first, second) ? [first, second] : [second, first]
    this.settle(this.members(loser), winner)
  }

  /** Computes a component anew, after edges of it may have gone: costs its members. */
  recompute(root: ByteString, isGeneric: IsGeneric): void {
    const attackers = this.members(root)
    for (const places of partition(this.rows(attackers), isGeneric)) {
      const group = places.map((place) => attackers[place]!)
      this.settle(
        group,
        group.reduce((a, b) => (this.#isOlder(a, b) ? a : b)),
      )
    }
  }

  /** Puts attackers into the component of a root. */
  settle(movers: readonly ByteString[], root: ByteString): void {
    const { attackers, components, pending } = this.#stores
    const told = pending.getAll(movers.map((attacker) => PENDING_ATTACKERS + attacker))
    for (const [i, member] of this.rows(movers).entries()) {
      if (member.root === root) continue
      const attacker = movers[i]!
      components.delete(componentGroup(member.root) + attacker)
      components.put(componentGroup(root) + attacker, true)
      attackers.put(attacker, { ...member, root })
      if (told[i] === undefined) pending.put(PENDING_ATTACKERS + attacker, member.root)
    }
  }

  #isOlder(a: ByteString, b: ByteString): boolean {
    const [rowOfA, rowOfB] = this.rows([a, b]) as [ClusterMember, ClusterMember]
    if (rowOfA.firstSeen === rowOfB.firstSeen) return a < b
    return rowOfA.firstSeen < rowOfB.firstSeen
  }
}
