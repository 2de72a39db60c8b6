import { type Actor, type ClusteredCorpus, judgedCorpus } from '../vectors/corpus.ts'
import { groupsBy } from '../vectors/groups.ts'
import type { ScenarioProduct } from './scenario-product.ts'

/** What HTTP answers of a corpus. */
export interface ScenarioAnswers extends ClusteredCorpus {
  /** Of each group of actors that is one identity, its id; so of campaigns. */
  readonly identityIds: readonly string[]
  readonly campaignIds: readonly string[]
}

interface Place {
  readonly actor: Actor
  readonly identity: string
  readonly campaign: string
}

/**
 * Where each actor stands: from its literal link to the identity that this is now, and to the
 * campaign that this is in.
 * @returns null: an actor has no identity yet, or no campaign
 */
export async function answersOf(
  product: ScenarioProduct,
  actors: readonly Actor[],
): Promise<ScenarioAnswers | null> {
  const places: Place[] = []
  for (const actor of actors) {
    const place = await placeOf(product, actor)
    if (place === null) return null
    places.push(place)
  }
  const byIdentity = groupsBy(places, ({ identity }) => identity)
  const byCampaign = groupsBy(places, ({ campaign }) => campaign)
  const actorsOf = (groups: readonly (readonly Place[])[]) =>
    groups.map((group) => group.map(({ actor }) => actor))
  return {
    ...judgedCorpus(actors, actorsOf(byIdentity), actorsOf(byCampaign)),
    identityIds: byIdentity.map((group) => group[0]!.identity),
    campaignIds: byCampaign.map((group) => group[0]!.campaign),
  }
}

async function placeOf(product: ScenarioProduct, actor: Actor): Promise<Place | null> {
  const linked = await product.get<{ identity_uuid: string | null }>(
    `/attackers/${actor.id}/attribution`,
  )
  if (!linked?.identity_uuid) return null
  const identity = await product.get<{ identity_uuid: string; campaign_uuid: string | null }>(
    `/identities/${linked.identity_uuid}`,
  )
  if (!identity?.campaign_uuid) return null
  // A campaign is named a moment before it is announced.
  const campaign = await product.get<{ campaign_uuid: string }>(
    `/campaigns/${identity.campaign_uuid}`,
  )
  if (campaign === null) return null
  return { actor, identity: identity.identity_uuid, campaign: campaign.campaign_uuid }
}
