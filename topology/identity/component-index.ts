import type { ByteString } from '../../bytes/byte-string.ts'
import { attackerOf, componentGroup, componentHeadKey, PENDING_ATTACKERS } from './cluster-keys.ts'
import type { ClusterMember } from './cluster-member.ts'
import type { IsGeneric } from './evidence.ts'
import type { IdentifyStores } from './identify-stores.ts'
import { partition } from './partition.ts'

/** The root announced of an attacker of which nothing was announced. */
export const NEVER_ANNOUNCED: ByteString = ''

/** What the row of a member that is not the root says. */
const NOT_THE_ROOT = 0

/**
 * Components, named by their oldest member, the root.
 *
 * K1. Every attacker is in exactly one component, and its row and the component's agree. The root's
 *     own row counts the members: most attackers are alone, and that is known without a range read.
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
    return this.membersOfAll([root])[0]!
  }

  /** As `members` of each, read together. */
  membersOfAll(roots: readonly ByteString[]): ByteString[][] {
    const { components } = this.#stores
    const sizes = components.getAll(roots.map(componentHeadKey))
    const large = roots.filter((_, i) => (sizes[i] ?? 0) > 1)
    const groups = components.groupAll(large.map(componentGroup))
    const membersOf = new Map(large.map((root, i) => [root, groups[i]!]))
    return roots.map((root, i) => {
      if (sizes[i] === undefined) return []
      return membersOf.get(root)?.map(([key]) => attackerOf(key)) ?? [root]
    })
  }

  /** Reads what {@link settle} will ask for, wherever these attackers go. */
  recall(attackers: readonly ByteString[]): void {
    this.#stores.components.getAll(attackers.map(componentHeadKey))
    this.#stores.pending.getAll(attackers.map((attacker) => PENDING_ATTACKERS + attacker))
  }

  /** A new attacker, alone. */
  admit(attacker: ByteString, member: ClusterMember): void {
    this.#stores.attackers.put(attacker, { ...member, root: attacker })
    this.#stores.components.put(componentHeadKey(attacker), 1)
    this.#stores.pending.put(PENDING_ATTACKERS + attacker, NEVER_ANNOUNCED)
  }

  /** Joins the components of attackers: costs the members of all but the oldest. */
  join(attackers: readonly ByteString[]): void {
    const roots = [...new Set(this.rows(attackers).map(({ root }) => root))]
    if (roots.length < 2) return
    const winner = this.#oldest(roots)
    const losers = roots.filter((root) => root !== winner)
    this.settle(this.membersOfAll(losers).flat(), winner)
  }

  /** Computes a component anew, after edges of it may have gone: costs its members. */
  recompute(root: ByteString, isGeneric: IsGeneric): void {
    const attackers = this.members(root)
    for (const places of partition(this.rows(attackers), isGeneric)) {
      const group = places.map((place) => attackers[place]!)
      this.settle(group, this.#oldest(group))
    }
  }

  /** Puts attackers into the component of a root, which is one already or among them. */
  settle(attackers: readonly ByteString[], root: ByteString): void {
    const rows = new Map(this.rows(attackers).map((row, i) => [attackers[i]!, row]))
    for (const [attacker, row] of rows) if (row.root === root) rows.delete(attacker)
    if (rows.size === 0) return
    const { components, pending } = this.#stores
    const movers = [...rows.keys()]
    const told = pending.getAll(movers.map((attacker) => PENDING_ATTACKERS + attacker))
    const heads = this.#headsAfter(rows, root)
    for (const [i, attacker] of movers.entries()) {
      const member = rows.get(attacker)!
      components.delete(componentGroup(member.root) + attacker)
      components.put(componentGroup(root) + attacker, NOT_THE_ROOT)
      this.#stores.attackers.put(attacker, { ...member, root })
      if (told[i] === undefined) pending.put(PENDING_ATTACKERS + attacker, member.root)
    }
    for (const [head, size] of heads) components.put(componentHeadKey(head), size)
  }

  /** Members of the components that movers join and leave; none of one that its root leaves. */
  #headsAfter(
    movers: ReadonlyMap<ByteString, ClusterMember>,
    root: ByteString,
  ): Map<ByteString, number> {
    const moved = new Map([[root, movers.size]])
    for (const { root: former } of movers.values()) {
      moved.set(former, (moved.get(former) ?? 0) - 1)
    }
    const roots = [...moved.keys()]
    const sizes = this.#stores.components.getAll(roots.map(componentHeadKey))
    const heads = new Map<ByteString, number>()
    for (const [i, head] of roots.entries()) {
      const isThere = head === root || (sizes[i] !== undefined && !movers.has(head))
      if (isThere) heads.set(head, (sizes[i] ?? 0) + moved.get(head)!)
    }
    return heads
  }

  #oldest(attackers: readonly ByteString[]): ByteString {
    const rows = this.rows(attackers)
    const aged = attackers.map((attacker, i) => ({ attacker, firstSeen: rows[i]!.firstSeen }))
    return aged.reduce((a, b) => (isOlder(a, b) ? a : b)).attacker
  }
}

interface Aged {
  readonly attacker: ByteString
  readonly firstSeen: number
}

function isOlder(a: Aged, b: Aged): boolean {
  return a.firstSeen === b.firstSeen ? a.attacker < b.attacker : a.firstSeen < b.firstSeen
}
