import type { AttackerProfile } from '../../../schemas/records.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { type TacticSighting, visitsOf } from '../../../topology/campaign/decky-visit.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import type {
  AttackerMessage,
  SightingMessage,
} from '../../../topology/clustering/attacker-message.ts'
import {
  centroidOf,
  type KeystrokeCounts,
  sumOfKeystrokes,
} from '../../../topology/clustering/keystroke-counts.ts'
import { featuresOfProfile, NOTHING_KNOWN } from '../../../topology/identity/features.ts'
import { fingerprintEntries, seenByKind } from '../../../topology/identity/fingerprints.ts'
import type { IdentityRow } from '../../../topology/identity/identity-row.ts'
import { type GenericModel, type ModelProfile, rootsFromScratch } from './partition-model.ts'

/**
 * What `identify` must have come to, computed anew from all that it was told: each attacker's last
 * words, all sightings, and every pair of attackers compared.
 */
export class IdentityFold {
  readonly #generic: Pick<GenericModel, 'isGeneric' | 'see'>
  readonly #firstSeen = new Map<string, number>()
  readonly #profiles = new Map<string, AttackerProfile>()
  readonly #keystrokes = new Map<string, KeystrokeCounts>()
  readonly #sightings: SightingMessage[] = []

  constructor(generic: Pick<GenericModel, 'isGeneric' | 'see'>) {
    this.#generic = generic
  }

  tell(message: AttackerMessage): void {
    switch (message.type) {
      case 'seen':
        this.#firstSeen.set(message.attacker, message.firstSeen)
        break
      case 'profile':
        this.#profiles.set(message.profile.attacker_uuid, message.profile)
        break
      case 'keystrokes':
        this.#keystrokes.set(message.attacker, message.keystrokes)
        break
      case 'sighting':
        this.#sightings.push(message)
    }
    this.#generic.see(this.#attackers())
  }

  /** Attacker → its root. */
  roots(): Record<string, string> {
    return rootsFromScratch(this.#attackers(), this.#generic.isGeneric)
  }

  /** Of all identities, without their history. */
  rows(): Record<string, IdentityRow> {
    const roots = this.roots()
    const rows = this.#attackers().map(({ attacker, firstSeen }) => {
      const isRoot = roots[attacker] === attacker
      const members = Object.keys(roots).filter((member) => isRoot && roots[member] === attacker)
      const profiles = members.flatMap((member) => this.#profiles.get(member) ?? [])
      const prints = profiles.map((each) => seenByKind(fingerprintEntries(each.fingerprints)))
      const keystrokes = members.flatMap((member) => this.#keystrokes.get(member) ?? [])
      const row = {
        attacker,
        mergedInto: isRoot ? null : stubIdentity(roots[attacker]!),
        firstSeen,
        updatedTs: Math.max(firstSeen, ...profiles.map(({ last_seen }) => last_seen)),
        attackers: members.length,
        ja3Hashes: listed(prints.flatMap(({ ja3 }) => ja3)),
        hasshHashes: listed(prints.flatMap(({ hassh }) => hassh)),
        tlsCertSha256: listed(prints.flatMap(({ tlsCertSha256 }) => tlsCertSha256)),
        payloadHashes: listed(profiles.flatMap(({ payload_hashes }) => payload_hashes)),
        c2Endpoints: listed(profiles.flatMap(({ c2_endpoints }) => c2_endpoints)),
        keystrokeCentroid: centroidOf(sumOfKeystrokes(keystrokes)),
        hasVisits: visitsOf(this.#sightingsOf(members)).size > 0,
        events: 0,
      }
      return [stubIdentity(attacker), row] as const
    })
    return Object.fromEntries(rows)
  }

  /** What campaigns must know of the identities that are not merged. */
  messages(): IdentityMessage[] {
    const roots = this.roots()
    const living = Object.entries(this.rows()).filter(([, { mergedInto }]) => mergedInto === null)
    return living.map(([identity, row]) => {
      const members = Object.keys(roots).filter((member) => roots[member] === row.attacker)
      return {
        identity,
        firstSeen: row.firstSeen,
        mergedInto: null,
        payloadHashes: row.payloadHashes ?? [],
        c2Endpoints: row.c2Endpoints ?? [],
        keystrokeCentroid: row.keystrokeCentroid,
        visits: [...visitsOf(this.#sightingsOf(members))].sort(([a], [b]) => (a < b ? -1 : 1)),
      }
    })
  }

  #sightingsOf(attackers: readonly string[]): TacticSighting[] {
    const anchors = new Set(attackers.flatMap((each) => [each, stubIdentity(each)]))
    return this.#sightings
      .filter(({ anchor }) => anchors.has(anchor))
      .map(({ sighting }) => sighting)
      .sort((a, b) => a.created_ts - b.created_ts || (a.tag_uuid < b.tag_uuid ? -1 : 1))
      .map(({ created_ts, decky_id, tactic }) => {
        return { createdTs: created_ts, deckyId: decky_id, tactic }
      })
  }

  #attackers(): ModelProfile[] {
    const names = new Set([...this.#firstSeen.keys(), ...this.#profiles.keys()])
    return [...names].map((attacker) => {
      const profile = this.#profiles.get(attacker)
      const features = profile === undefined ? NOTHING_KNOWN : featuresOfProfile(profile)
      const firstSeen = profile?.first_seen ?? this.#firstSeen.get(attacker)!
      return { attacker, firstSeen, ...features }
    })
  }
}

function listed(texts: readonly string[]): string[] | null {
  return texts.length === 0 ? null : [...new Set(texts)].sort()
}
