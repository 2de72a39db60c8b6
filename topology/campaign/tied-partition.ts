import { Components } from '../clustering/components.ts'
import { isCampaignEdge } from './campaign-edge.ts'
import type { CampaignFeatures } from './campaign-features.ts'
import { type IsGenericTie, type Tie, tiesOf } from './tie.ts'

/**
 * Components of the graph whose edges join what {@link isCampaignEdge} says. Looks only at pairs
 * that share a specific tie and are not joined yet.
 *
 * @param recall is told of every tie that several hold before `isGeneric` is asked
 * @returns groups of places in `members`, each ascending, groups by their first
 */
export function tiedPartition(
  members: readonly CampaignFeatures[],
  isGeneric: IsGenericTie,
  recall: (ties: readonly Tie[]) => void = () => undefined,
): number[][] {
  const components = new Components(members.length)
  const shared = sharedTies(members)
  recall([...shared.keys()])
  for (const [tie, places] of shared) {
    if (!isGeneric(tie)) joinHolders(components, places, members, isGeneric)
  }
  return components.groups()
}

/** Places of those who hold a tie, of ties that several hold. */
function sharedTies(members: readonly CampaignFeatures[]): Map<Tie, number[]> {
  const places = new Map<Tie, number[]>()
  for (const [place, features] of members.entries()) {
    for (const tie of tiesOf(features)) {
      const holders = places.get(tie)
      if (holders === undefined) places.set(tie, [place])
      else holders.push(place)
    }
  }
  for (const [tie, holders] of places) if (holders.length === 1) places.delete(tie)
  return places
}

function joinHolders(
  components: Components,
  places: readonly number[],
  members: readonly CampaignFeatures[],
  isGeneric: IsGenericTie,
): void {
  for (const [i, a] of places.entries()) {
    // Most ties of a component are of those that one tie has joined already: no need for its pairs.
    if (areJoined(components, places, i)) return
    for (let j = i + 1; j < places.length; j++) {
      const b = places[j]!
      if (components.find(a) === components.find(b)) continue
      if (isCampaignEdge(members[a]!, members[b]!, isGeneric)) components.join(a, b)
    }
  }
}

function areJoined(components: Components, places: readonly number[], from: number): boolean {
  const first = components.find(places[from]!)
  for (let i = from + 1; i < places.length; i++) {
    if (components.find(places[i]!) !== first) return false
  }
  return true
}
