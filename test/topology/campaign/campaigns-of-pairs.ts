import { isCampaignEdge } from '../../../topology/campaign/campaign-edge.ts'
import { featuresOfMessage } from '../../../topology/campaign/campaign-member.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { type IsGenericTie, tiesOf } from '../../../topology/campaign/tie.ts'
import { Components } from '../../../topology/clustering/components.ts'
import { isGenericAfter } from '../../../topology/clustering/posting-head.ts'

/** Campaigns from scratch: after each message ties are counted anew, and every pair is looked at. */
export class CampaignsOfPairs {
  readonly #limit: number
  readonly #identities = new Map<string, IdentityMessage>()
  #generic = new Set<string>()

  constructor(genericLimit: number) {
    this.#limit = genericLimit
  }

  apply(...messages: readonly IdentityMessage[]): void {
    for (const message of messages) {
      if (message.mergedInto === null) this.#identities.set(message.identity, message)
      else this.#identities.delete(message.identity)
      this.#countTies()
    }
  }

  /** By identity, of those that are not merged out. */
  roots(): Record<string, string> {
    const identities = [...this.#identities.values()]
    const roots: Record<string, string> = {}
    for (const group of partitionOfPairs(identities, (tie) => this.#generic.has(tie))) {
      const members = group.map((place) => identities[place]!)
      const [oldest] = members.toSorted(
        (a, b) => a.firstSeen - b.firstSeen || (a.identity < b.identity ? -1 : 1),
      )
      for (const { identity } of members) roots[identity] = oldest!.identity
    }
    return roots
  }

  #countTies(): void {
    const holders = new Map<string, number>()
    for (const each of this.#identities.values()) {
      for (const tie of tiesOf(featuresOfMessage(each))) {
        holders.set(tie, (holders.get(tie) ?? 0) + 1)
      }
    }
    const generic = [...holders].filter(([tie, count]) =>
      isGenericAfter(this.#generic.has(tie), count, this.#limit),
    )
    this.#generic = new Set(generic.map(([tie]) => tie))
  }
}

/** Groups of places. */
export function partitionOfPairs(
  identities: readonly IdentityMessage[],
  isGeneric: IsGenericTie,
): number[][] {
  const features = identities.map(featuresOfMessage)
  const components = new Components(identities.length)
  for (const [i, a] of features.entries()) {
    for (const [j, b] of features.entries()) {
      if (i < j && isCampaignEdge(a, b, isGeneric)) components.join(i, j)
    }
  }
  return components.groups()
}
