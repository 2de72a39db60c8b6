import { Components } from '../../../topology/clustering/components.ts'
import { evidenceRowKey } from '../../../topology/identity/cluster-keys.ts'
import { evidenceOf, type IsGeneric } from '../../../topology/identity/evidence.ts'
import { isGenericAfter } from '../../../topology/clustering/posting-head.ts'
import type { HardFeatures } from '../../../topology/identity/features.ts'
import { isVetoed } from '../../../topology/identity/weight.ts'

export interface ModelProfile extends HardFeatures {
  readonly attacker: string
  readonly firstSeen: number
}

/** Which values are generic, from the profiles alone: counts each anew after each change. */
export class GenericModel {
  readonly #limit: number
  #generic = new Set<string>()

  constructor(genericLimit: number) {
    this.#limit = genericLimit
  }

  readonly isGeneric: IsGeneric = (evidence) => this.#generic.has(evidenceRowKey(evidence))

  see(profiles: Iterable<ModelProfile>): void {
    const holders = new Map<string, number>()
    for (const each of profiles) {
      for (const evidence of evidenceOf(each)) {
        const key = evidenceRowKey(evidence)
        holders.set(key, (holders.get(key) ?? 0) + 1)
      }
    }
    const keys = [...holders].filter(([key, count]) =>
      isGenericAfter(this.#generic.has(key), count, this.#limit),
    )
    this.#generic = new Set(keys.map(([key]) => key))
  }
}

/** Each attacker's root by looking at every pair. */
export function rootsFromScratch(
  profiles: readonly ModelProfile[],
  isGeneric: IsGeneric,
): Record<string, string> {
  const components = new Components(profiles.length)
  for (const [i, a] of profiles.entries()) {
    for (const [j, b] of profiles.entries()) if (areJoined(a, b, isGeneric)) components.join(i, j)
  }
  const roots: Record<string, string> = {}
  for (const group of components.groups()) {
    const members = group.map((place) => profiles[place]!)
    const [oldest] = members.toSorted(
      (a, b) => a.firstSeen - b.firstSeen || (a.attacker < b.attacker ? -1 : 1),
    )
    for (const { attacker } of members) roots[attacker] = oldest!.attacker
  }
  return roots
}

function areJoined(a: HardFeatures, b: HardFeatures, isGeneric: IsGeneric): boolean {
  const ofB = new Set([...evidenceOf(b)].map(evidenceRowKey))
  const shared = [...evidenceOf(a)].filter((evidence) => ofB.has(evidenceRowKey(evidence)))
  return shared
    .filter((evidence) => !isGeneric(evidence))
    .some(({ kind }) => kind === 'j' || kind === 'h' || !isVetoed(a, b))
}
