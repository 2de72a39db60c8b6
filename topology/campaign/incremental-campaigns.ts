import { type ByteString, fromByteString, toByteString } from '../../bytes/byte-string.ts'
import { PostingIndex } from '../clustering/posting-index.ts'
import { isSameRow } from '../clustering/same-row.ts'
import { CampaignComponents } from './campaign-components.ts'
import { isCampaignEdge } from './campaign-edge.ts'
import type { CampaignFeatures } from './campaign-features.ts'
import { campaignOf } from './campaign-id.ts'
import {
  type CampaignMember,
  DECKIES_MAX,
  featuresOfMessage,
  NO_FEATURES,
} from './campaign-member.ts'
import { campaignMemberCodec } from './campaign-member-codec.ts'
import type { CampaignStores } from './campaign-stores.ts'
import type { IdentityMessage } from './identity-message.ts'
import { type Tie, tiesOf } from './tie.ts'
import { tiedPartition } from './tied-partition.ts'

/** What became of a message. */
export interface MessageApplied {
  /** Something is pending that was not known before. */
  readonly isNews: boolean
  /** See {@link DECKIES_MAX}. */
  readonly deckiesLeftOut: number
}

/** Ties that changed sides of the limit with a change. */
interface Crossings {
  readonly generic: Tie[]
  readonly specific: Tie[]
}

/**
 * Keeps components while what is known of identities changes. At the end of each batch they are
 * those of {@link tiedPartition} over all identities that are not merged out.
 *
 * N1. Whoever gains edges is joined at once, to candidates that share a specific tie: their rows are
 *     read together, and one of a component is judged until one joins it.
 * N2. Where edges may have gone, the component is marked, and computed anew once a batch, from its
 *     own rows: edges never leave a component. So n identities that leave one together cost n.
 * N3. A tie that becomes generic marks the components of its holders. One that is specific again
 *     joins its holders. Both cost the holders; as a tie must change half its limit of holders in
 *     between, the cost a message is constant. The limit may be another than the one that the stores
 *     were made with: a tie crosses it when it is gained or lost next, in either direction.
 */
export class IncrementalCampaigns {
  readonly #stores: CampaignStores
  readonly #postings: PostingIndex
  readonly #components: CampaignComponents
  readonly #atBatchEnd: (root: ByteString) => void

  /**
   * @param genericLimit holders of a tie beyond which it joins nobody by itself
   * @param atBatchEnd asks for {@link computeAnew} with the same root, once, when the batch ends
   */
  constructor(
    stores: CampaignStores,
    genericLimit: number,
    atBatchEnd: (root: ByteString) => void,
  ) {
    this.#stores = stores
    this.#postings = new PostingIndex(stores.heads, stores.postings, genericLimit)
    this.#components = new CampaignComponents(stores)
    this.#atBatchEnd = atBatchEnd
  }

  /** The same message again changes nothing. */
  apply(message: IdentityMessage): MessageApplied {
    const identity = toByteString(message.identity)
    const old = this.#stores.identities.get(identity)
    if (message.mergedInto !== null) {
      // Of one that was never here there is nothing to take back.
      const isNews =
        old !== undefined && this.#mergeOut(identity, old, toByteString(message.mergedInto))
      return { isNews, deckiesLeftOut: 0 }
    }
    const isNews = this.#place(identity, old, featuresOfMessage(message), message.firstSeen)
    return { isNews, deckiesLeftOut: Math.max(0, message.visits.length - DECKIES_MAX) }
  }

  /** Splits a stale component into what still belongs together: costs its members. */
  computeAnew(root: ByteString): void {
    if (!this.#components.takeStale(root)) return
    const identities = this.#components.members(root)
    for (const group of this.#partition(identities)) {
      this.#components.settle(group, this.#components.oldestOf(group))
    }
  }

  #mergeOut(identity: ByteString, old: CampaignMember, into: ByteString): boolean {
    if (old.mergedInto === into) return false
    this.#components.note(identity)
    const crossings = { generic: [], specific: [] }
    let { isStale } = old
    if (old.mergedInto === null) {
      const ties = [...tiesOf(old.features)]
      this.#postings.recall(ties)
      if (ties.some((tie) => this.#postings.isShared(tie))) this.#markStale(old.root)
      isStale = this.#components.row(identity).isStale
      this.#components.leave(identity, old)
      this.#move(identity, ties, [], crossings)
    }
    const { firstSeen } = old
    const campaign = campaignOf(fromByteString(into))
    const features = NO_FEATURES
    const gone = { firstSeen, mergedInto: into, root: into, campaign, isStale, features }
    this.#stores.identities.put(identity, gone)
    this.#settleCrossings(crossings)
    return true
  }

  #place(
    identity: ByteString,
    old: CampaignMember | undefined,
    features: CampaignFeatures,
    firstSeen: number,
  ): boolean {
    const isIn = old !== undefined && old.mergedInto === null
    if (isIn && isSameRow(campaignMemberCodec, old, { ...old, firstSeen, features })) return false
    const isAnotherAge = isIn && old.firstSeen !== firstSeen
    const before = isIn ? tiesOf(old.features) : new Set<Tie>()
    const after = tiesOf(features)
    const lost = [...before].filter((tie) => !after.has(tie))
    const gained = [...after].filter((tie) => !before.has(tie))
    this.#postings.recall([...before, ...gained])
    this.#components.note(identity)
    const losesEdges = isAnotherAge || lost.some((tie) => this.#postings.isShared(tie))
    if (isIn) this.#components.replace(identity, { ...old, firstSeen, features })
    else this.#components.admit(identity, { firstSeen, features, isStale: old?.isStale ?? false })
    const crossings = { generic: [], specific: [] }
    this.#move(identity, lost, gained, crossings)
    if (losesEdges) this.#markStale(this.#components.row(identity).root)
    this.#settleCrossings(crossings)
    this.#judge(identity, isIn ? old.features : null, [...after])
    return true
  }

  /** Joins an identity to its candidates, and marks its component if an edge to one is gone. */
  #judge(identity: ByteString, before: CampaignFeatures | null, ties: readonly Tie[]): void {
    const shared = ties.filter((tie) => this.#postings.isShared(tie))
    const candidates = this.#postings.holders(shared).filter((holder) => holder !== identity)
    const { isGeneric } = this.#postings
    const own = this.#components.row(identity)
    const joined = new Set([own.root])
    let isWatched = before !== null && !this.#components.row(own.root).isStale
    for (const [i, { features, root }] of this.#components.rows(candidates).entries()) {
      if (root === own.root) {
        if (!isWatched || !isCampaignEdge(before!, features, isGeneric)) continue
        if (isCampaignEdge(own.features, features, isGeneric)) continue
        isWatched = false
        this.#markStale(this.#components.row(identity).root)
      } else if (!joined.has(root) && isCampaignEdge(own.features, features, isGeneric)) {
        joined.add(root)
        this.#join(identity, candidates[i]!)
      }
    }
  }

  #move(
    identity: ByteString,
    lost: readonly Tie[],
    gained: readonly Tie[],
    crossings: Crossings,
  ): void {
    for (const tie of lost) {
      const crossing = this.#postings.remove(tie, identity)
      if (crossing !== null) crossings[crossing].push(tie)
    }
    for (const tie of gained) {
      const crossing = this.#postings.add(tie, identity)
      if (crossing !== null) crossings[crossing].push(tie)
    }
  }

  #settleCrossings({ generic, specific }: Crossings): void {
    if (generic.length > 0) {
      const rows = this.#components.rows(this.#postings.holders(generic))
      for (const root of new Set(rows.map((row) => row.root))) this.#markStale(root)
    }
    for (const tie of specific) {
      for (const [first, ...others] of this.#partition(this.#postings.holders([tie]))) {
        for (const other of others) this.#join(first!, other)
      }
    }
  }

  #partition(identities: readonly ByteString[]): ByteString[][] {
    const features = this.#components.rows(identities).map((row) => row.features)
    const recall = (ties: readonly Tie[]) => this.#postings.recall(ties)
    const groups = tiedPartition(features, this.#postings.isGeneric, recall)
    return groups.map((places) => places.map((place) => identities[place]!))
  }

  #join(a: ByteString, b: ByteString): void {
    const root = this.#components.join(a, b)
    if (this.#components.row(root).isStale) this.#atBatchEnd(root)
  }

  #markStale(root: ByteString): void {
    this.#components.markStale(root)
    this.#atBatchEnd(root)
  }
}
