import type { ByteString } from '../../bytes/byte-string.ts'
import { crossing, type Crossing, isGenericAfter } from '../clustering/posting-head.ts'
import type { KeyValueStore } from '../store.ts'
import { attackerOf, evidenceRowKey, PENDING_EVIDENCE, postingGroup } from './cluster-keys.ts'
import type { Evidence } from './evidence.ts'
import { type EvidenceHead, NO_HEAD, withHolder, withoutHolder } from './evidence-head.ts'
import type { HolderClass } from './holder-class.ts'
import type { IdentifyStores } from './identify-stores.ts'

/** Was announced as generic. */
export const ANNOUNCED_GENERIC: ByteString = '1'

/**
 * Who holds which value.
 *
 * E1. A value's head counts its posting list. A list is read only while its value is specific, or
 *     at a crossing: that of a hub costs nothing however long it is.
 * E2. The classes of a value's head count those of its holders, and a holder that one names is in
 *     the list and of that class. The one named may leave and none be named: to find another would
 *     be to read the list, and mostly nobody asks before the next one comes.
 */
export class EvidenceIndex {
  readonly #heads: KeyValueStore<EvidenceHead>
  readonly #postings: IdentifyStores['postings']
  readonly #pending: IdentifyStores['pending']
  readonly #limit: number

  /** @param limit holders of a value beyond which it is generic; Infinity: none ever is */
  constructor(stores: IdentifyStores, limit: number) {
    this.#heads = stores.evidence
    this.#postings = stores.postings
    this.#pending = stores.pending
    this.#limit = limit
  }

  readonly isGeneric = (evidence: Evidence): boolean =>
    this.#heads.get(evidenceRowKey(evidence))?.isGeneric ?? false

  /** Reads all heads that a profile touches: what memory lacks is one miss, not one a value. */
  recall(evidence: readonly Evidence[]): void {
    this.#heads.getAll(evidence.map(evidenceRowKey))
  }

  /** Of a value that makes edges, if it is shared with somebody who is not vetoed. */
  sharedHead(evidence: Evidence): EvidenceHead | undefined {
    const head = this.#heads.get(evidenceRowKey(evidence))
    return head !== undefined && head.holders > 1 && !head.isGeneric ? head : undefined
  }

  isShared(evidence: Evidence): boolean {
    return this.sharedHead(evidence) !== undefined
  }

  holders(evidence: Evidence): ByteString[] {
    return this.holdersOfAll([evidence])[0]!
  }

  /** As `holders` of each, read together. */
  holdersOfAll(evidence: readonly Evidence[]): ByteString[][] {
    const lists = this.#postings.groupAll(evidence.map(postingGroup))
    return lists.map((list) => list.map(([key]) => attackerOf(key)))
  }

  add(evidence: Evidence, attacker: ByteString, as: HolderClass): Crossing {
    const key = evidenceRowKey(evidence)
    this.#postings.put(postingGroup(evidence) + attacker, true)
    const head = this.#heads.get(key) ?? NO_HEAD
    return this.#replace(key, head.isGeneric, withHolder(head, attacker, as))
  }

  remove(evidence: Evidence, attacker: ByteString, as: HolderClass): Crossing {
    const key = evidenceRowKey(evidence)
    this.#postings.delete(postingGroup(evidence) + attacker)
    const head = this.#heads.get(key)
    if (head === undefined) return null
    return this.#replace(key, head.isGeneric, withoutHolder(head, attacker, as))
  }

  /** The client of a holder became known, or is known no more. */
  reclass(evidence: Evidence, attacker: ByteString, from: HolderClass, to: HolderClass): void {
    const key = evidenceRowKey(evidence)
    const head = this.#heads.get(key)
    if (head === undefined) return
    this.#heads.put(key, withHolder(withoutHolder(head, attacker, from), attacker, to))
  }

  #replace(key: ByteString, wasGeneric: boolean, head: EvidenceHead): Crossing {
    const { holders } = head
    const isGeneric = holders > 0 && isGenericAfter(wasGeneric, holders, this.#limit)
    if (holders === 0) this.#heads.delete(key)
    else this.#heads.put(key, { ...head, isGeneric })
    if (wasGeneric !== isGeneric) this.#becomesPending(key, wasGeneric)
    return crossing(wasGeneric, isGeneric)
  }

  #becomesPending(key: ByteString, wasGeneric: boolean): void {
    const pending = PENDING_EVIDENCE + key
    if (this.#pending.get(pending) !== undefined) return
    this.#pending.put(pending, wasGeneric ? ANNOUNCED_GENERIC : '')
  }
}
