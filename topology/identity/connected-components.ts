import { byCodePoint } from '../../schemas/canonical-json.ts'
import { intersects } from '../clustering/jaccard.ts'
import { type Mergeable, MergeChains } from '../clustering/merge-chains.ts'
import type {
  Clusterer,
  Formed,
  IdentityStore,
  Linked,
  LinkedAttacker,
  Merged,
  PassOutcome,
  Unmerged,
} from './clusterer.ts'
import { nothingIsGeneric } from './evidence.ts'
import { partition } from './partition.ts'
import { rollUp } from './roll-up.ts'
import { StoreMiss } from '../store.ts'

/**
 * The clusterer of the reference policy: an identity is a component of the graph of shared
 * fingerprints, payloads and endpoints; of merging identities the smallest id wins.
 */
export const connectedComponents: Clusterer = {
  name: 'connected-components',
  pass: (store) => new Pass(store).run(),
}

interface Component {
  readonly members: readonly LinkedAttacker[]
}

/**
 * R1. Links, and the ends of merge chains, are those at the start of the pass; its own merges
 *     redirect their losers alone, whoever was merged into a loser before follows in the next pass.
 *     So on the pass of a split the unlinked members of the loser's side still go to the former
 *     winner.
 * R2. A link is never moved: a member that is linked stays where it is, and its identity is merged.
 * R3. Only identities that were merged at the start are un-merged.
 * R4. A step that fails costs itself only, and is tried again by the next pass.
 */
class Pass {
  readonly #store: IdentityStore
  readonly #formed: Formed[] = []
  readonly #linked: Linked[] = []
  readonly #merged: Merged[] = []
  readonly #unmerged: Unmerged[] = []
  #failures = 0
  /** Where the chain of an identity ends; itself when not listed. */
  #ends = new Map<string, string>()
  #brokenChains = 0

  constructor(store: IdentityStore) {
    this.#store = store
  }

  run(): PassOutcome {
    const attackers = this.#attempt(() => this.#store.attackers()) ?? []
    if (attackers.length > 0) {
      const identities = this.#attempt(() => this.#store.identities())
      if (identities !== undefined) this.#cluster(attackers, identities)
    }
    return {
      formed: this.#formed,
      linked: this.#linked,
      merged: this.#merged,
      unmerged: this.#unmerged,
      failures: this.#failures,
      brokenChains: this.#brokenChains,
    }
  }

  #cluster(attackers: readonly LinkedAttacker[], identities: readonly Mergeable[]): void {
    const chains = new MergeChains(identities)
    this.#ends = new Map(identities.map(({ uuid }) => [uuid, chains.endOf(uuid)]))
    this.#brokenChains = chains.cycles
    const features = attackers.map((attacker) => attacker.features)
    const components = partition(features, nothingIsGeneric).map((places): Component => {
      return { members: places.map((place) => attackers[place]!) }
    })
    for (const component of components) this.#settle(component)
    this.#unmerge(identities, componentsByIdentity(components))
  }

  /** Gives a component one identity. */
  #settle(component: Component): void {
    const identities = new Set<string>()
    for (const { identity } of component.members) {
      if (identity !== null) identities.add(this.#endOf(identity))
    }
    const [winner, ...losers] = [...identities].sort(byCodePoint)
    if (winner === undefined) {
      this.#form(component)
      return
    }
    for (const loser of losers) {
      if (!this.#try(() => this.#store.merge(loser, winner))) continue
      this.#merged.push({ winner, loser })
      this.#ends.set(loser, winner)
    }
    for (const attacker of this.#linkMembers(component, winner)) {
      this.#linked.push({ identity: winner, attacker })
    }
    this.#rollUp(component, winner)
  }

  #form(component: Component): void {
    const members = component.members.map(({ uuid }) => uuid)
    const identity = this.#attempt(() => this.#store.newIdentity(members))
    if (identity === undefined) return
    if (!this.#try(() => this.#store.create(identity, members))) return
    const attackers = this.#linkMembers(component, identity)
    if (attackers.length > 0) this.#formed.push({ identity, attackers })
    this.#rollUp(component, identity)
  }

  /** @returns the members linked: those that had no link, unless the store refused */
  #linkMembers({ members }: Component, identity: string): string[] {
    return members
      .filter((member) => member.identity === null)
      .map(({ uuid }) => uuid)
      .filter((uuid) => this.#try(() => this.#store.link(uuid, identity)))
  }

  #rollUp({ members }: Component, identity: string): void {
    const rolled = rollUp(
      members.map(({ seen }) => seen),
      members.map(({ keystrokes }) => keystrokes),
    )
    this.#try(() => this.#store.rollUp(identity, rolled))
  }

  /** Takes merges back whose two sides no component joins any more; a side without links stays. */
  #unmerge(
    identities: readonly Mergeable[],
    componentsOf: ReadonlyMap<string, ReadonlySet<Component>>,
  ): void {
    for (const { mergedInto, uuid } of identities) {
      if (mergedInto === null) continue
      const formerWinner = this.#endOf(uuid)
      const own = componentsOf.get(uuid)
      const winners = componentsOf.get(formerWinner)
      if (own === undefined || winners === undefined || intersects(own, winners)) continue
      if (this.#try(() => this.#store.merge(uuid, null))) {
        this.#unmerged.push({ resurrected: uuid, formerWinner })
      }
    }
  }

  #endOf(identity: string): string {
    return this.#ends.get(identity) ?? identity
  }

  #attempt<T>(step: () => T): T | undefined {
    try {
      return step()
    } catch (error) {
      // Not a failure: the whole record runs again with what was missing.
      if (error instanceof StoreMiss) throw error
      this.#failures++
      return undefined
    }
  }

  #try(step: () => void): boolean {
    return this.#attempt(() => (step(), true)) ?? false
  }
}

/** The components that hold attackers whose literal link is the identity. */
function componentsByIdentity(components: readonly Component[]): Map<string, Set<Component>> {
  const byIdentity = new Map<string, Set<Component>>()
  for (const component of components) {
    for (const { identity } of component.members) {
      if (identity === null) continue
      const found = byIdentity.get(identity)
      if (found === undefined) byIdentity.set(identity, new Set([component]))
      else found.add(component)
    }
  }
  return byIdentity
}
