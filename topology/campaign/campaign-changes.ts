import { type ByteString, fromByteString } from '../../bytes/byte-string.ts'
import { campaignOf } from './campaign-id.ts'
import type {
  CampaignAssigned,
  CampaignMerged,
  CampaignNews,
  CampaignUnmerged,
} from './campaign-outcome.ts'

/**
 * Where an identity is: `unknown`: it was not announced yet. `member`: of the component of a root.
 * `merged`: it was merged into another identity, which is in the component of the root.
 */
export type Place =
  { readonly as: 'unknown' } | { readonly as: 'member' | 'merged'; readonly root: ByteString }

/** An identity that is in another place than was announced. */
export interface PlaceChange {
  readonly identity: ByteString
  readonly before: Place
  readonly after: Place
}

/** Identities that a record of a formed campaign names; any further are assigned to it. */
const FORMED_WITH_MAX = 4_096

/**
 * Changes of place as events of campaigns. Every identity has a campaign of its own, and that of a
 * component is its root's, so every merge can be taken back exactly.
 *
 * - A root that is new is *formed*, with the new identities of its component; a new identity of
 *   another component is *assigned* to its campaign.
 * - The campaign of a root that is one no more was *merged* into the campaign that the root is in,
 *   or the identity into which the root was merged out. Whoever was with it has come along.
 * - The campaign of an identity that has become a root was *unmerged* from the one it was in. It, and
 *   whoever else moved and did not come along with a root, is *assigned*, with the prior campaign.
 * - An identity that was merged out is in no campaign. When it comes back it is assigned anew.
 *
 * So a reader who follows formed, assigned and merged, in this order, knows the campaign of every
 * identity that is not merged out.
 *
 * @param changes in the order in which the identities were first seen
 */
export function campaignChanges(changes: readonly PlaceChange[]): CampaignNews {
  return new Classification(changes).result()
}

class Classification {
  readonly #changes: readonly PlaceChange[]
  readonly #byIdentity: ReadonlyMap<ByteString, PlaceChange>
  /** By root, the identities. */
  readonly #formed = new Map<ByteString, string[]>()
  readonly #assigned: CampaignAssigned[] = []
  readonly #merged: CampaignMerged[] = []
  readonly #unmerged: CampaignUnmerged[] = []

  constructor(changes: readonly PlaceChange[]) {
    this.#changes = changes
    this.#byIdentity = new Map(changes.map((change) => [change.identity, change]))
  }

  result(): CampaignNews {
    for (const { after, before, identity } of this.#changes) {
      if (before.as === 'unknown' && isRoot(identity, after)) this.#formed.set(identity, [])
    }
    for (const change of this.#changes) this.#classify(change)
    return {
      formed: [...this.#formed].map(([root, identities]) => ({
        campaign: ownCampaign(root),
        identities,
      })),
      assigned: this.#assigned,
      merged: this.#merged,
      unmerged: this.#unmerged,
    }
  }

  #classify({ after, before, identity }: PlaceChange): void {
    if (after.as === 'unknown') return
    if (before.as === 'unknown') {
      if (after.as === 'member') this.#welcome(identity, after.root)
    } else if (isRoot(identity, before)) {
      this.#merged.push({ winner: ownCampaign(after.root), loser: ownCampaign(identity) })
    } else if (after.as === 'member') {
      if (before.as === 'merged') this.#assign(identity, after.root)
      else if (!this.#cameAlong(before.root, after.root)) {
        this.#assign(identity, after.root, ownCampaign(before.root))
      }
      if (isRoot(identity, after)) {
        const formerWinner = ownCampaign(before.root)
        this.#unmerged.push({ resurrected: ownCampaign(identity), formerWinner })
      }
    }
  }

  #welcome(identity: ByteString, root: ByteString): void {
    const companions = this.#formed.get(root)
    if (companions === undefined || companions.length === FORMED_WITH_MAX) {
      this.#assign(identity, root)
    } else companions.push(fromByteString(identity))
  }

  #assign(identity: ByteString, root: ByteString, prior?: string): void {
    const assigned = { campaign: ownCampaign(root), identity: fromByteString(identity) }
    this.#assigned.push(prior === undefined ? assigned : { ...assigned, prior })
  }

  /** The root of before was merged to the root of now. */
  #cameAlong(before: ByteString, after: ByteString): boolean {
    const change = this.#byIdentity.get(before)
    if (change === undefined || !isRoot(before, change.before)) return false
    return change.after.as !== 'unknown' && change.after.root === after
  }
}

function isRoot(identity: ByteString, place: Place): boolean {
  return place.as === 'member' && place.root === identity
}

function ownCampaign(identity: ByteString): string {
  return campaignOf(fromByteString(identity))
}
