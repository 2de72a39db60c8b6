import { byCodePoint } from '../../schemas/canonical-json.ts'
import { intersects } from '../clustering/jaccard.ts'
import { MergeChains } from '../clustering/merge-chains.ts'
import type { CampaignFeatures } from './campaign-features.ts'
import type {
  CampaignAssigned,
  CampaignFormed,
  CampaignMerged,
  CampaignOutcome,
  CampaignUnmerged,
} from './campaign-outcome.ts'
import { campaignPartition } from './campaign-partition.ts'
import type { CampaignPolicy } from './campaign-policy.ts'
import type { Campaign, CampaignIdentity, CampaignStore } from './campaign-store.ts'
import { identityFeatures } from './identity-features.ts'
import { StoreMiss } from '../store.ts'

/**
 * One pass over all identities: puts each component under one campaign. Never throws, unless a store
 * misses a row.
 *
 * P1. An identity's link is set once and never changed. That campaigns belong together is said by
 *     pointers between them, which can be taken back.
 * P2. A merge is undone when both campaigns have identities of their own and no component holds
 *     identities of both. Merges are judged that stood when the pass began, by the chains of then.
 * P3. Components are settled first, one by one, each by the merges that stand by then. So in the
 *     pass of a split, unlinked identities of the loser's side still go to the former winner.
 * P4. A step that fails is left out and counted, and the rest goes on; without the identities or
 *     the campaigns nothing is done.
 * P5. A second pass without news changes and reports nothing, with one exception that follows from
 *     P3: when an identity of a merged campaign has left for a third one, that one and its own are
 *     merged and un-merged in turn, pass by pass, as the rules of the reference have it.
 */
export function campaignPass(store: CampaignStore, policy: CampaignPolicy): CampaignOutcome {
  return new CampaignPass(store, policy).run()
}

class CampaignPass {
  readonly #store: CampaignStore
  readonly #policy: CampaignPolicy
  readonly #formed: CampaignFormed[] = []
  readonly #assigned: CampaignAssigned[] = []
  readonly #merged: CampaignMerged[] = []
  readonly #unmerged: CampaignUnmerged[] = []
  #failures = 0
  #chains = new MergeChains([])

  constructor(store: CampaignStore, policy: CampaignPolicy) {
    this.#store = store
    this.#policy = policy
  }

  run(): CampaignOutcome {
    const rows = this.#attempt(() => this.#store.identities()) ?? []
    const identities = rows.filter(({ mergedInto }) => mergedInto === null)
    const campaigns = identities.length === 0 ? null : this.#attempt(() => this.#store.campaigns())
    if (campaigns !== null) this.#cluster(identities, campaigns)
    return {
      formed: this.#formed,
      assigned: this.#assigned,
      merged: this.#merged,
      unmerged: this.#unmerged,
      failures: this.#failures,
      cycles: this.#chains.cycles,
    }
  }

  #cluster(identities: readonly CampaignIdentity[], campaigns: readonly Campaign[]): void {
    this.#chains = new MergeChains(campaigns)
    const features = identities.map((identity) => this.#featuresOf(identity))
    const groups = campaignPartition(features, this.#policy)
    const components = groups.map((group) => group.map((place) => identities[place]!))
    for (const members of components) this.#settle(members)
    const chainsAtStart = new MergeChains(campaigns)
    const componentsOf = linkedComponents(components)
    for (const { mergedInto, uuid } of campaigns) {
      if (mergedInto !== null) this.#reconsider(uuid, chainsAtStart.endOf(uuid), componentsOf)
    }
  }

  #featuresOf(identity: CampaignIdentity): CampaignFeatures {
    const visits = this.#attempt(() => this.#store.visits(identity.uuid))
    return identityFeatures(identity, visits ?? new Map())
  }

  #settle(members: readonly CampaignIdentity[]): void {
    const linked = members.flatMap(({ campaign }) => (campaign === null ? [] : [campaign]))
    const ends = new Set(linked.map((campaign) => this.#chains.endOf(campaign)))
    const [winner, ...losers] = [...ends].sort(byCodePoint)
    if (winner === undefined) {
      this.#form(members)
      return
    }
    for (const loser of losers) {
      if (!this.#succeeds(() => this.#store.merge(loser, winner))) continue
      this.#chains.merge(loser, winner)
      this.#merged.push({ winner, loser })
    }
    const unlinked = members.filter(({ campaign }) => campaign === null)
    for (const identity of this.#link(unlinked, winner)) {
      this.#assigned.push({ campaign: winner, identity })
    }
  }

  #form(members: readonly CampaignIdentity[]): void {
    const uuids = members.map(({ uuid }) => uuid)
    const campaign = this.#attempt(() => this.#store.newCampaign(uuids))
    if (campaign === null) return
    if (!this.#succeeds(() => this.#store.create(campaign, uuids))) return
    const identities = this.#link(members, campaign)
    if (identities.length > 0) this.#formed.push({ campaign, identities })
  }

  /** @returns those that could be linked */
  #link(identities: readonly CampaignIdentity[], campaign: string): string[] {
    return identities
      .map(({ uuid }) => uuid)
      .filter((uuid) => this.#succeeds(() => this.#store.link(uuid, campaign)))
  }

  #reconsider(
    loser: string,
    winner: string,
    componentsOf: ReadonlyMap<string, ReadonlySet<number>>,
  ): void {
    const losing = componentsOf.get(loser)
    const winning = componentsOf.get(winner)
    if (losing === undefined || winning === undefined || intersects(losing, winning)) return
    if (this.#succeeds(() => this.#store.merge(loser, null))) {
      this.#unmerged.push({ resurrected: loser, formerWinner: winner })
    }
  }

  #succeeds(write: () => void): boolean {
    return this.#attempt(() => (write(), true)) !== null
  }

  /** @returns null: it failed, and was counted */
  #attempt<T>(step: () => T): T | null {
    try {
      return step()
    } catch (error) {
      // Not a failure: the whole record runs again with what was missing.
      if (error instanceof StoreMiss) throw error
      this.#failures++
      return null
    }
  }
}

/** The components that the identities linked to a campaign, literally, are in. */
function linkedComponents(
  components: readonly (readonly CampaignIdentity[])[],
): Map<string, Set<number>> {
  const componentsOf = new Map<string, Set<number>>()
  for (const [component, members] of components.entries()) {
    for (const { campaign } of members) {
      if (campaign === null) continue
      const known = componentsOf.get(campaign)
      if (known === undefined) componentsOf.set(campaign, new Set([component]))
      else known.add(component)
    }
  }
  return componentsOf
}
