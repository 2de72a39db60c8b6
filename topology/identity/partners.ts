import type { ByteString } from '../../bytes/byte-string.ts'
import { AgreeingHolders } from './agreeing-holders.ts'
import type { ClusterMember } from './cluster-member.ts'
import type { ComponentIndex } from './component-index.ts'
import { clientEvidenceOf, type Evidence } from './evidence.ts'
import { type EvidenceHead, NO_HOLDER } from './evidence-head.ts'
import type { EvidenceIndex } from './evidence-index.ts'
import type { HardFeatures } from './features.ts'
import {
  HOLDER_CLASSES,
  type HolderClass,
  holderClass,
  JOINS_ALL,
  KNOWS_BOTH,
} from './holder-class.ts'
import { isVetoed } from './weight.ts'

/** An attacker, and the values that may join it to others now and did not before. */
export interface Arrival {
  readonly attacker: ByteString
  readonly member: HardFeatures
  /** It holds them newly, or in another class. */
  readonly values: readonly Evidence[]
  /** It holds them as before, but with other fingerprints. */
  readonly compared: readonly Evidence[]
}

interface SharedValue {
  readonly evidence: Evidence
  readonly head: EvidenceHead
}

/**
 * Who must be joined to whoever arrives at values, given that the other holders of each are in the
 * components that their edges make. See P2 and P3 of `joinEdges` in spanning-edges.ts.
 *
 * W1. If another holder joins all, all others are one component: any one of them will do. So it is
 *     with those who know only one fingerprint, if there are others of both sorts. The head of the
 *     value names one.
 * W2. Its posting list is read for the first holder that joins all, for the first of a sort to be
 *     joined to the other, and where the head names nobody of those it counts. Each is rare, or
 *     follows a change that costs all of a component anyway.
 * W3. Who agrees in a specific fingerprint is joined by that. In a generic one any holder that agrees
 *     will do: one of those that heads name, or of those of lists that were read, and if there is
 *     none the next lists are read, twice as many each time. A crowd that shares many values costs
 *     one list.
 */
export function partnersOf(
  evidence: EvidenceIndex,
  components: ComponentIndex,
  arrival: Arrival,
): ByteString[] {
  return new Search(evidence, components, arrival).result()
}

class Search {
  readonly #evidence: EvidenceIndex
  readonly #components: ComponentIndex
  readonly #arrival: Arrival
  readonly #partners = new Set<ByteString>()
  /** Values whose posting lists must be read. */
  readonly #unread = new Set<Evidence>()

  constructor(evidence: EvidenceIndex, components: ComponentIndex, arrival: Arrival) {
    this.#evidence = evidence
    this.#components = components
    this.#arrival = arrival
  }

  result(): ByteString[] {
    const values = this.#shared(this.#arrival.values)
    for (const value of values) this.#joinByClass(value)
    this.#joinByGeneric([...values, ...this.#shared(this.#arrival.compared)])
    this.#joinUnlessVetoed(this.#rowsOfLists([...this.#unread]))
    return [...this.#partners]
  }

  #shared(values: readonly Evidence[]): SharedValue[] {
    return values.flatMap((evidence) => {
      const head = this.#evidence.sharedHead(evidence)
      return head === undefined ? [] : [{ evidence, head }]
    })
  }

  #joinByClass({ evidence, head }: SharedValue): void {
    const own = holderClass(evidence, this.#arrival.member)
    const others = (of: HolderClass) => head.classes[of]!.count - (of === own ? 1 : 0)
    if (others(JOINS_ALL) > 0) {
      this.#joinOneOf(evidence, this.#named(head, HOLDER_CLASSES))
      return
    }
    // That of who knows both is those that join all, of which there is no other.
    const opposite = (KNOWS_BOTH - own) as HolderClass
    if (own === JOINS_ALL) this.#unread.add(evidence)
    else if (others(opposite) === 0) return
    else if (others(own) === 0) this.#unread.add(evidence)
    else this.#joinOneOf(evidence, this.#named(head, [opposite, own]))
  }

  #joinOneOf(evidence: Evidence, [someone]: readonly ByteString[]): void {
    if (someone === undefined) this.#unread.add(evidence)
    else this.#partners.add(someone)
  }

  #joinByGeneric(values: readonly SharedValue[]): void {
    const generic = [...clientEvidenceOf(this.#arrival.member)].filter(this.#evidence.isGeneric)
    if (generic.length === 0) return
    const agreeing = new AgreeingHolders(generic)
    let open = values.filter(({ evidence, head }) => {
      return head.classes[JOINS_ALL]!.count === 0 && !this.#unread.has(evidence)
    })
    agreeing.learn(this.#rows(open.flatMap(({ head }) => this.#named(head, HOLDER_CLASSES))))
    for (let lists = 1; ; lists *= 2) {
      open = open.filter(({ evidence }) => !this.#joinAgreeing(evidence, agreeing))
      if (open.length === 0) return
      const read = open.slice(0, lists).map(({ evidence }) => evidence)
      agreeing.learn(this.#rowsOfLists(read))
      for (const evidence of read) this.#joinAgreeing(evidence, agreeing)
      open = open.slice(lists)
    }
  }

  /** @returns whether there is one for each fingerprint */
  #joinAgreeing(evidence: Evidence, agreeing: AgreeingHolders): boolean {
    const holders = agreeing.of(evidence)
    for (const holder of holders) if (holder !== undefined) this.#partners.add(holder)
    return !holders.includes(undefined)
  }

  /** Everybody whom it has an edge to: that is more than must be joined, and as cheap. */
  #joinUnlessVetoed(holders: ReadonlyMap<ByteString, ClusterMember>): void {
    for (const [holder, row] of holders) {
      if (!isVetoed(this.#arrival.member, row)) this.#partners.add(holder)
    }
  }

  #rowsOfLists(values: readonly Evidence[]): Map<ByteString, ClusterMember> {
    return this.#rows(this.#evidence.holdersOfAll(values).flat())
  }

  /** Of others. */
  #rows(attackers: readonly ByteString[]): Map<ByteString, ClusterMember> {
    const others = new Set(attackers)
    others.delete(this.#arrival.attacker)
    const rows = this.#components.rows([...others])
    return new Map([...others].map((attacker, i) => [attacker, rows[i]!]))
  }

  /** Other holders that a head names of some classes. */
  #named(head: EvidenceHead, classes: readonly HolderClass[]): ByteString[] {
    return classes
      .map((each) => head.classes[each]!.holder)
      .filter((holder) => holder !== NO_HOLDER && holder !== this.#arrival.attacker)
  }
}
