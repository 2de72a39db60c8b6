import type { ByteString } from '../../bytes/byte-string.ts'
import { type ClusterMember, takenValues } from './cluster-member.ts'
import { ComponentIndex } from './component-index.ts'
import { type Evidence, evidenceKey, evidenceOf, namesClient } from './evidence.ts'
import { EvidenceIndex } from './evidence-index.ts'
import type { HardFeatures } from './features.ts'
import { clientClass, holderClass } from './holder-class.ts'
import type { IdentifyStores } from './identify-stores.ts'
import { type Arrival, partnersOf } from './partners.ts'
import { partition } from './partition.ts'

export interface ProfileApplied {
  /** It said something else than the one before. */
  readonly isNews: boolean
  /** Payloads and endpoints left out: see {@link takenValues}. */
  readonly valuesLeftOut: number
}

interface ClientChange {
  readonly from: HardFeatures
  readonly to: HardFeatures
}

/** Values that an attacker gained or lost, and those that changed sides of the limit thereby. */
interface Crossings {
  readonly generic: Evidence[]
  readonly specific: Evidence[]
}

/**
 * Keeps components while profiles change; the result is that of {@link partition} over all rows.
 *
 * N1. A profile touches the heads of its values, its own postings, the components it joins, and its
 *     former one; lists of who else holds a value only where {@link partnersOf} says. Who only
 *     gains evidence splits nothing; who loses what makes edges has its component computed anew,
 *     unless it hung on it by one fingerprint whose holders hold together without it. What it
 *     keeps, by the same client, joined it before to that component alone.
 * N2. Edges never leave a component, so one can be computed anew from its own rows.
 * N3. A value that becomes generic dissolves its edges: its holders' components are computed anew.
 *     One that is specific again joins its holders. Both cost the holders; as a value must change
 *     half its limit of holders in between, the cost a profile is constant.
 * N4. The limit may be another than the one that the stores were made with: a value crosses it when
 *     it is gained or lost next, in either direction.
 */
export class IncrementalClusterer {
  readonly #stores: IdentifyStores
  readonly #evidence: EvidenceIndex
  readonly #components: ComponentIndex

  /** @param genericLimit holders of a value beyond which sharing it alone makes no edge */
  constructor(stores: IdentifyStores, genericLimit: number) {
    this.#stores = stores
    this.#evidence = new EvidenceIndex(stores, genericLimit)
    this.#components = new ComponentIndex(stores)
  }

  /** An attacker's profile came, or came anew. The same again changes nothing. */
  apply(attacker: ByteString, firstSeen: number, profile: HardFeatures): ProfileApplied {
    const features: HardFeatures = {
      ja3: profile.ja3,
      hassh: profile.hassh,
      payloadHashes: takenValues(profile.payloadHashes),
      c2Endpoints: takenValues(profile.c2Endpoints),
    }
    const old = this.#stores.attackers.get(attacker)
    const isNews =
      old === undefined
        ? this.#admit(attacker, { ...features, firstSeen, root: attacker })
        : this.#change(attacker, old, { ...features, firstSeen, root: old.root })
    return { isNews, valuesLeftOut: valueCount(profile) - valueCount(features) }
  }

  #admit(attacker: ByteString, member: ClusterMember): true {
    this.#components.admit(attacker, member)
    const gained = [...evidenceOf(member)]
    this.#evidence.recall(gained)
    const crossings = this.#replace(attacker, { lost: [], gained }, { from: member, to: member })
    this.#settleCrossings(crossings, new Set())
    this.#join({ attacker, member, values: gained, compared: [] })
    return true
  }

  /** @returns false: nothing changed */
  #change(attacker: ByteString, old: ClusterMember, member: ClusterMember): boolean {
    const before = [...evidenceOf(old)]
    const after = [...evidenceOf(member)]
    const lost = without(before, after)
    const gained = without(after, before)
    const isAnotherAge = old.firstSeen !== member.firstSeen
    if (lost.length === 0 && gained.length === 0 && !isAnotherAge) return false
    this.#evidence.recall([...before, ...gained])
    const compared = isSameClient(old, member) ? [] : valuesOf(without(before, lost))
    const losesEdges = this.#sharesSome(lost) || this.#sharesSome(compared)
    const isLeaf = losesEdges && this.#isLeaf(before) && !isAnotherAge
    this.#stores.attackers.put(attacker, member)
    const crossings = this.#replace(attacker, { lost, gained }, { from: old, to: member })
    const stale = new Set<ByteString>()
    if (isLeaf && old.root !== attacker) this.#components.settle([attacker], attacker)
    else if (losesEdges || isAnotherAge) stale.add(old.root)
    const isReclassed = clientClass(old) !== clientClass(member)
    if (isReclassed) this.#reclass(attacker, compared, { from: old, to: member })
    this.#settleCrossings(crossings, stale)
    if (isReclassed)
      this.#join({ attacker, member, values: [...gained, ...compared], compared: [] })
    else this.#join({ attacker, member, values: gained, compared })
    return true
  }

  #sharesSome(evidence: readonly Evidence[]): boolean {
    return evidence.some((item) => this.#evidence.isShared(item))
  }

  /** Without it, whatever it is joined to holds together. */
  #isLeaf(evidence: readonly Evidence[]): boolean {
    const shared = evidence.filter((item) => this.#evidence.isShared(item))
    return shared.length === 1 && namesClient(shared[0]!)
  }

  #replace(
    attacker: ByteString,
    { gained, lost }: { readonly lost: readonly Evidence[]; readonly gained: readonly Evidence[] },
    client: ClientChange,
  ): Crossings {
    const crossings: Crossings = { generic: [], specific: [] }
    for (const evidence of lost) {
      const crossing = this.#evidence.remove(evidence, attacker, holderClass(evidence, client.from))
      if (crossing !== null) crossings[crossing].push(evidence)
    }
    for (const evidence of gained) {
      const crossing = this.#evidence.add(evidence, attacker, holderClass(evidence, client.to))
      if (crossing !== null) crossings[crossing].push(evidence)
    }
    return crossings
  }

  #reclass(attacker: ByteString, values: readonly Evidence[], { from, to }: ClientChange): void {
    for (const evidence of values) {
      this.#evidence.reclass(evidence, attacker, clientClass(from), clientClass(to))
    }
  }

  /** @param stale roots of components of which edges may have gone */
  #settleCrossings({ generic, specific }: Crossings, stale: Set<ByteString>): void {
    for (const evidence of generic) {
      const holders = this.#evidence.holders(evidence)
      for (const { root } of this.#components.rows(holders)) stale.add(root)
    }
    this.#recallMembers([...stale])
    for (const root of stale) this.#components.recompute(root, this.#evidence.isGeneric)
    for (const evidence of specific) this.#joinHolders(evidence)
  }

  /**
   * Reads all that work on whole components asks for, of all of them together: found missing one by
   * one, each row would have the work begin anew.
   */
  #recallMembers(roots: readonly ByteString[]): void {
    const members = this.#components.membersOfAll(roots).flat()
    this.#evidence.recall(this.#components.rows(members).flatMap((row) => [...evidenceOf(row)]))
    this.#components.recall(members)
  }

  #joinHolders(evidence: Evidence): void {
    const holders = this.#evidence.holders(evidence)
    const rows = this.#components.rows(holders)
    this.#recallMembers([...new Set(rows.map(({ root }) => root))])
    for (const group of partition(rows, this.#evidence.isGeneric)) {
      this.#components.join(group.map((place) => holders[place]!))
    }
  }

  #join(arrival: Arrival): void {
    const partners = partnersOf(this.#evidence, this.#components, arrival)
    if (partners.length > 0) this.#components.join([arrival.attacker, ...partners])
  }
}

function isSameClient(a: HardFeatures, b: HardFeatures): boolean {
  return a.ja3 === b.ja3 && a.hassh === b.hassh
}

/** Payloads and endpoints. */
function valuesOf(evidence: readonly Evidence[]): Evidence[] {
  return evidence.filter((item) => !namesClient(item))
}

function valueCount({ c2Endpoints, payloadHashes }: HardFeatures): number {
  return c2Endpoints.size + payloadHashes.size
}

function without(evidence: readonly Evidence[], others: readonly Evidence[]): Evidence[] {
  const keys = new Set(others.map(evidenceKey))
  return evidence.filter((item) => !keys.has(evidenceKey(item)))
}
