import { type ByteString, fromByteString } from '../../bytes/byte-string.ts'
import type { IdentityLink, MoveCause } from '../../schemas/records.ts'
import { stubIdentity } from '../attribution/stub-identity.ts'
import type { Formed, Linked, Merged, Unmerged } from './clusterer.ts'
import { NEVER_ANNOUNCED } from './component-index.ts'

/** An attacker whose root is another than was announced. */
export interface RootChange {
  readonly attacker: ByteString
  /** {@link NEVER_ANNOUNCED}: the attacker is new. */
  readonly before: ByteString
  readonly after: ByteString
}

/** What is published of root changes, in this order. */
export interface IdentityChanges {
  readonly formed: readonly Formed[]
  readonly linked: readonly Linked[]
  readonly merged: readonly Merged[]
  readonly unmerged: readonly Unmerged[]
  /** One an attacker that moved. A new one that is alone needs none: it begins in its own stub. */
  readonly links: readonly IdentityLink[]
}

/** Attackers that a record of a formed identity names; any further are linked to it. */
const FORMED_WITH_MAX = 4_096

/**
 * Root changes as events of identities. An attacker's literal link is always its own stub identity,
 * and the identity of a component is its root's stub, so every merge can be taken back exactly.
 *
 * - A root that is new is *formed*, with the new attackers of its component.
 * - A root that is one no more was *merged* into the root it has now; one that has become one was
 *   *unmerged* from the root it had.
 * - An attacker that is new, or changed roots for neither reason, was *linked*.
 */
export function identityChanges(changes: readonly RootChange[]): IdentityChanges {
  return new Classification(changes).result()
}

class Classification {
  readonly #changes: readonly RootChange[]
  readonly #byAttacker: ReadonlyMap<ByteString, RootChange>

  constructor(changes: readonly RootChange[]) {
    this.#changes = changes
    this.#byAttacker = new Map(changes.map((change) => [change.attacker, change]))
  }

  result(): IdentityChanges {
    const formed = new Map<ByteString, string[]>()
    const linked: Linked[] = []
    const merged: Merged[] = []
    const unmerged: Unmerged[] = []
    const links: IdentityLink[] = []
    for (const change of this.#changes) {
      if (isNew(change) && change.after === change.attacker) formed.set(change.attacker, [])
    }
    for (const change of this.#changes) {
      const { after, attacker, before } = change
      const companions = isNew(change) ? formed.get(after) : undefined
      if (companions !== undefined && companions.length < FORMED_WITH_MAX) {
        companions.push(fromByteString(attacker))
      } else if (before === attacker) {
        merged.push({ winner: identityOf(after), loser: identityOf(attacker) })
      } else if (after === attacker) {
        unmerged.push({ resurrected: identityOf(attacker), formerWinner: identityOf(before) })
      } else if (this.#causeOf(change) === 'link') {
        linked.push({ identity: identityOf(after), attacker: fromByteString(attacker) })
      }
      if (!isNew(change) || after !== attacker) links.push(this.#linkOf(change))
    }
    const formedList = [...formed].map(([root, attackers]): Formed => ({
      identity: identityOf(root),
      attackers,
    }))
    return { formed: formedList, linked, merged, unmerged, links }
  }

  #linkOf(change: RootChange): IdentityLink {
    return {
      attacker_uuid: fromByteString(change.attacker),
      identity_uuid: identityOf(change.attacker),
      root_uuid: identityOf(change.after),
      cause: this.#causeOf(change),
    }
  }

  #causeOf(change: RootChange): MoveCause {
    const { after, attacker, before } = change
    if (isNew(change)) return 'link'
    if (before === attacker || this.#byAttacker.get(before)?.after === after) return 'merge'
    const root = this.#byAttacker.get(after)
    return root?.after === after && root.before === before ? 'unmerge' : 'link'
  }
}

function isNew({ before }: RootChange): boolean {
  return before === NEVER_ANNOUNCED
}

function identityOf(root: ByteString): string {
  return stubIdentity(fromByteString(root))
}
