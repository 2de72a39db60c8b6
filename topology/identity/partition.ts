import { Components } from '../clustering/components.ts'
import type { IsGeneric } from './evidence.ts'
import type { HardFeatures } from './features.ts'
import { joinEdges } from './spanning-edges.ts'

/**
 * Components of the graph whose edges join what {@link isEdge} says, and no generic value alone.
 *
 * @returns groups of places in `members`, each ascending, groups by their first
 */
export function partition(members: readonly HardFeatures[], isGeneric: IsGeneric): number[][] {
  const components = new Components(members.length)
  joinEdges(members, isGeneric, (a, b) => components.join(a, b))
  return components.groups()
}
