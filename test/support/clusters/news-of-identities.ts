import type {
  EvidenceGeneric,
  IdentityFormed,
  IdentityMerged,
  IdentityObservationLinked,
  IdentityUnmerged,
} from '../../../schemas/cluster-records.ts'
import type { IdentityLink } from '../../../schemas/records.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import type { Findings } from '../findings.ts'
import type { News } from './cluster-evidence.ts'

/**
 * Who belongs where, as whoever follows the news of identities knows it: who is part of a merged
 * identity has come along with it; who of one that was un-merged goes with it, its link says.
 *
 * Finds what cannot be, in that order, and what was told twice.
 */
export class NewsOfIdentities {
  /** Attacker → identity. */
  readonly identities = new Map<string, string>()
  /** Attacker → the root that its last link names. */
  readonly links = new Map<string, string>()
  readonly living = new Set<string>()
  /** As kind, space, value. */
  readonly generic = new Set<string>()
  readonly #findings: Findings

  constructor(findings: Findings) {
    this.#findings = findings
  }

  hear({ record, value }: News): void {
    switch (record) {
      case 'identity-formed':
        this.#formed(value as IdentityFormed)
        return
      case 'identity-observation-linked':
        this.#linked(value as IdentityObservationLinked)
        return
      case 'identity-merged':
        this.#merged(value as IdentityMerged)
        return
      case 'identity-unmerged': {
        const { resurrected_uuid } = value as IdentityUnmerged
        if (this.living.has(resurrected_uuid)) this.#twice('un-merged', resurrected_uuid)
        this.living.add(resurrected_uuid)
        return
      }
      case 'evidence-generic':
        this.#becameGeneric(value as EvidenceGeneric)
        return
      case 'identity-link':
        this.#link(value as IdentityLink)
    }
  }

  #formed({ identity_uuid, observation_uuids }: IdentityFormed): void {
    if (this.living.has(identity_uuid)) this.#twice('formed', identity_uuid)
    this.living.add(identity_uuid)
    for (const attacker of observation_uuids) {
      if (this.identities.has(attacker)) this.#twice(`formed ${identity_uuid} with`, attacker)
      this.identities.set(attacker, identity_uuid)
    }
  }

  #linked({ identity_uuid, observation_uuid: attacker }: IdentityObservationLinked): void {
    if (this.identities.get(attacker) === identity_uuid) this.#twice('linked', attacker)
    this.identities.set(attacker, identity_uuid)
  }

  #merged({ loser_uuid, winner_uuid }: IdentityMerged): void {
    if (!this.living.delete(loser_uuid)) this.#twice('merged', loser_uuid)
    for (const [attacker, identity] of this.identities) {
      if (identity === loser_uuid) this.identities.set(attacker, winner_uuid)
    }
  }

  #becameGeneric({ generic, kind, value }: EvidenceGeneric): void {
    const key = `${kind} ${value}`
    if (this.generic.has(key) === generic) this.#twice(`generic (${generic})`, key)
    if (generic) this.generic.add(key)
    else this.generic.delete(key)
  }

  #link({ attacker_uuid: attacker, cause, identity_uuid, root_uuid: root }: IdentityLink): void {
    const own = stubIdentity(attacker)
    if (identity_uuid !== own) this.#findings.add(`link of ${attacker}: not to its own identity`)
    if ((this.links.get(attacker) ?? own) === root) this.#twice('link of', attacker)
    this.links.set(attacker, root)
    if (cause === 'unmerge') this.identities.set(attacker, root)
    const told = this.identities.get(attacker)
    if (told !== root) this.#findings.add(`link of ${attacker} to ${root}, told of as ${told}`)
  }

  #twice(what: string, whom: string): void {
    this.#findings.add(`news: ${what} ${whom}, which it is already`)
  }
}
