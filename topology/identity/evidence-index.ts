import type { ByteString } from '../../bytes/byte-string.ts'
import type { KeyValueStore } from '../store.ts'
import { attackerOf, evidenceRowKey, PENDING_EVIDENCE, postingGroup } from './cluster-keys.ts'
import type { Evidence } from './evidence.ts'
import { type EvidenceHead, isGenericAfter, NO_HOLDER } from './evidence-head.ts'
import type { IdentifyStores } from './identify-stores.ts'

/** Whether a value became generic with a change, or specific again. */
export type Crossing = 'generic' | 'specific' | null

/** Was announced as generic. */
export const ANNOUNCED_GENERIC: ByteString = '1'

/**
 * Who holds which value.
 *
 * E1. A value's head counts its posting list. A list is read only while its value is specific, or
 *     at a crossing: that of a hub costs nothing however long it is.
 * E2. `holder` of a specific value's head is in its list.
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

  /** Makes edges, if it is shared with somebody who is not vetoed. */
  isShared(evidence: Evidence): boolean {
    const head = this.#heads.get(evidenceRowKey(evidence))
    return head !== undefined && head.holders > 1 && !head.isGeneric
  }

  /** One who holds a specific value; null: nobody. */
  anyHolder(evidence: Evidence): ByteString | null {
    return this.#heads.get(evidenceRowKey(evidence))?.holder ?? null
  }

  holders(evidence: Evidence): ByteString[] {
    return this.#postings.group(postingGroup(evidence)).map(([key]) => attackerOf(key))
  }

  add(evidence: Evidence, attacker: ByteString): Crossing {
    const key = evidenceRowKey(evidence)
    this.#postings.put(postingGroup(evidence) + attacker, true)
    const head = this.#heads.get(key) ?? { holders: 0, isGeneric: false, holder: attacker }
    const holders = head.holders + 1
    const isGeneric = isGenericAfter(head.isGeneric, holders, this.#limit)
    // The head of a value that was generic until now names nobody.
    const holder = isGeneric ? NO_HOLDER : head.holder || attacker
    this.#heads.put(key, { holders, isGeneric, holder })
    return this.#crossing(key, head.isGeneric, isGeneric)
  }

  remove(evidence: Evidence, attacker: ByteString): Crossing {
    const key = evidenceRowKey(evidence)
    this.#postings.delete(postingGroup(evidence) + attacker)
    const head = this.#heads.get(key)
    if (head === undefined) return null
    const holders = head.holders - 1
    const isGeneric = holders > 0 && isGenericAfter(head.isGeneric, holders, this.#limit)
    if (holders === 0) this.#heads.delete(key)
    else {
      const isStillHeld = !isGeneric && head.holder !== attacker && head.holder !== NO_HOLDER
      const holder = isStillHeld ? head.holder : this.#holderOf(evidence, isGeneric)
      this.#heads.put(key, { holders, isGeneric, holder })
    }
    return this.#crossing(key, head.isGeneric, isGeneric)
  }

  #holderOf(evidence: Evidence, isGeneric: boolean): ByteString {
    return isGeneric ? NO_HOLDER : (this.holders(evidence)[0] ?? NO_HOLDER)
  }

  #crossing(key: ByteString, wasGeneric: boolean, isGeneric: boolean): Crossing {
    if (wasGeneric === isGeneric) return null
    const pending = PENDING_EVIDENCE + key
    if (this.#pending.get(pending) === undefined) {
      this.#pending.put(pending, wasGeneric ? ANNOUNCED_GENERIC : '')
    }
    return isGeneric ? 'generic' : 'specific'
  }
}
