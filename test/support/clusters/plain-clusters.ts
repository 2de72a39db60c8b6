import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import type { IsGenericTie } from '../../../topology/campaign/tie.ts'
import { keystrokesOf } from '../../../topology/clustering/keystroke-counts.ts'
import type { IsGeneric } from '../../../topology/identity/evidence.ts'
import type { IdentityRow } from '../../../topology/identity/identity-row.ts'
import { partitionOfPairs } from '../../topology/campaign/campaigns-of-pairs.ts'
import { IdentityFold } from '../../topology/identity/identity-fold.ts'
import { PlainFold, type PooledRow } from '../plain-fold.ts'
import type { ClusterInputs } from './cluster-evidence.ts'

const KEYSTROKE_HASH = 'motor.digraph_simhash'

/**
 * Identities and campaigns from scratch: each attacker's last profile, its observations and all tags,
 * and every pair looked at. Knows no order but that of each attacker's own records.
 */
export class PlainClusters {
  /** Attacker → when it was first seen, for all that are known. */
  readonly firstSeen = new Map<string, number>()
  /** Attacker → the attacker whose identity it is part of. */
  readonly roots: Readonly<Record<string, string>>
  readonly #observed = new PlainFold()
  readonly #identities: IdentityFold

  /** @param isGeneric depends on what was held when, so it is given */
  constructor({ observations, profiles, tags }: ClusterInputs, isGeneric: IsGeneric) {
    this.#identities = new IdentityFold({ isGeneric, see: () => undefined })
    for (const observation of observations) {
      const { attacker_uuid: attacker, ts } = observation
      this.#observed.observe(observation)
      if (!this.firstSeen.has(attacker)) this.firstSeen.set(attacker, ts)
    }
    for (const profile of profiles) this.firstSeen.set(profile.attacker_uuid, profile.first_seen)
    for (const [attacker, firstSeen] of this.firstSeen) this.#tellOf(attacker, firstSeen)
    for (const profile of profiles) this.#identities.tell({ type: 'profile', profile })
    for (const { attacker_uuid, decky_id, identity_uuid, ...sighting } of tags) {
      if (decky_id === null) continue
      const anchor = attacker_uuid ?? identity_uuid!
      this.#identities.tell({ type: 'sighting', anchor, sighting: { ...sighting, decky_id } })
    }
    this.roots = this.#identities.roots()
  }

  /** The identity that an attacker is part of. */
  identityOf(attacker: string): string {
    return stubIdentity(this.roots[attacker]!)
  }

  /** Of `attribution-profiles`, by `identity primitive`. */
  profileRows(): Map<string, PooledRow> {
    return this.#observed.pooled((attacker) => this.identityOf(attacker))
  }

  /** Of `identities`, without their history. */
  identityRows(): Map<string, IdentityRow> {
    return new Map(Object.entries(this.#identities.rows()))
  }

  /** What campaigns are made of, by identity: those that are not merged. */
  identityMessages(): Map<string, IdentityMessage> {
    return new Map(this.#identities.messages().map((message) => [message.identity, message]))
  }

  /** Identity → the identity whose campaign it is in, of those that are not merged. */
  campaignRoots(isGeneric: IsGenericTie): Map<string, string> {
    const identities = [...this.identityMessages().values()]
    const roots = new Map<string, string>()
    for (const places of partitionOfPairs(identities, isGeneric)) {
      const group = places.map((place) => identities[place]!)
      const [oldest] = group.toSorted(
        (a, b) => a.firstSeen - b.firstSeen || (a.identity < b.identity ? -1 : 1),
      )
      for (const { identity } of group) roots.set(identity, oldest!.identity)
    }
    return roots
  }

  #tellOf(attacker: string, firstSeen: number): void {
    this.#identities.tell({ type: 'seen', attacker, firstSeen })
    const keystrokes = keystrokesOf(this.#observed.valuesOf(attacker, KEYSTROKE_HASH))
    if (keystrokes.total > 0) this.#identities.tell({ type: 'keystrokes', attacker, keystrokes })
  }
}
