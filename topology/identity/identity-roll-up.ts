import { type ByteString, fromByteString, toByteString } from '../../bytes/byte-string.ts'
import { byCodePoint } from '../../schemas/canonical-json.ts'
import { groupKey, restOf } from '../attribution/store-keys.ts'
import { stubIdentity } from '../attribution/stub-identity.ts'
import type { DeckyVisit } from '../campaign/decky-visit.ts'
import { INFRASTRUCTURE_MAX } from '../campaign/identity-message.ts'
import type { KeystrokeCounts } from '../clustering/keystroke-counts.ts'
import { type AnchorVisit, deckyVisit, unitedVisit } from './anchor-visit.ts'
import type { ClusterMember } from './cluster-member.ts'
import { ComponentIndex } from './component-index.ts'
import type { IdentityRow } from './identity-row.ts'
import type { IdentityStores } from './identity-stores.ts'
import type { ProfileRow } from './profile-row.ts'
import { rollUp } from './roll-up.ts'
import { type Bounds, takenTexts } from './taken-texts.ts'

/** What is known of an attacker that is part of an identity. */
export interface MemberRows {
  readonly attacker: ByteString
  readonly member: ClusterMember
  readonly profile: ProfileRow | undefined
  readonly keystrokes: KeystrokeCounts | undefined
  /** By decky, of each of its anchors. */
  readonly visits: readonly (readonly (readonly [key: ByteString, visit: AnchorVisit])[])[]
}

export interface RolledIdentity {
  readonly row: IdentityRow
  readonly visits: readonly (readonly [deckyId: string, visit: DeckyVisit])[]
  /** Values and visits beyond what an identity may have. */
  readonly leftOut: number
}

/** Of fingerprints of one kind. */
export const FINGERPRINTS: Bounds = { itemsMax: INFRASTRUCTURE_MAX, bytesMax: 128 * 1_024 }
/** Of payloads, and of endpoints. */
export const INFRASTRUCTURE: Bounds = { itemsMax: INFRASTRUCTURE_MAX, bytesMax: 256 * 1_024 }
const VISITS_MAX = 1_024

/**
 * Reads the members of identities, all of them together.
 * @returns by root; costs the members, and what they have. A member without a row is damage, and
 *   left out
 */
export function readMembers(
  stores: IdentityStores,
  roots: readonly ByteString[],
): Map<ByteString, MemberRows[]> {
  const attackersOf = new ComponentIndex(stores).membersOfAll(roots)
  const rows = readRows(stores, attackersOf.flat())
  let place = 0
  return new Map(roots.map((root, i) => [root, attackersOf[i]!.flatMap(() => rows[place++] ?? [])]))
}

/** What is known of attackers, all read together; undefined: one has no row. */
export function readRows(
  stores: IdentityStores,
  attackers: readonly ByteString[],
): (MemberRows | undefined)[] {
  const members = stores.attackers.getAll(attackers)
  const profiles = stores.profiles.getAll(attackers)
  const keystrokes = stores.keystrokes.getAll(attackers)
  const visits = readVisits(stores, attackers)
  return members.map((member, i) => {
    if (member === undefined) return undefined
    const told = { profile: profiles[i], keystrokes: keystrokes[i], visits: visits[i]! }
    return { attacker: attackers[i]!, member, ...told }
  })
}

/** Of each attacker those under its own name, and under that of its identity. */
function readVisits(
  { anchors, visits }: IdentityStores,
  attackers: readonly ByteString[],
): MemberRows['visits'][] {
  const named = attackers.flatMap((attacker) => [attacker, identityOf(attacker)])
  const isThere = anchors.getAll(named)
  const there = named.filter((_, i) => isThere[i] !== undefined)
  const groups = visits.groupAll(there.map(groupKey))
  const byAnchor = new Map(there.map((anchor, i) => [anchor, groups[i]!]))
  return attackers.map((_, i) =>
    [named[i * 2]!, named[i * 2 + 1]!].map((anchor) => byAnchor.get(anchor) ?? []),
  )
}

/**
 * @param members those of the root, itself among them
 * @throws {RangeError} it is not: the stores contradict each other
 */
export function rolledIdentity(root: ByteString, members: readonly MemberRows[]): RolledIdentity {
  const own = members.find(({ attacker }) => attacker === root)
  if (own === undefined) throw new RangeError(`root ${root} is not in its component`)
  const { firstSeen } = own.member
  const profiles = members.flatMap(({ profile }) => profile ?? [])
  const rolled = rollUp(
    profiles,
    members.flatMap(({ keystrokes }) => keystrokes ?? []),
  )
  const bounded = new Bounded()
  const visits = visitsOf(members)
  const row: IdentityRow = {
    attacker: fromByteString(root),
    mergedInto: null,
    firstSeen,
    updatedTs: profiles.reduce((newest, { lastSeen }) => Math.max(newest, lastSeen), firstSeen),
    attackers: members.length,
    ja3Hashes: bounded.list(rolled.ja3Hashes, FINGERPRINTS),
    hasshHashes: bounded.list(rolled.hasshHashes, FINGERPRINTS),
    tlsCertSha256: bounded.list(rolled.tlsCertSha256, FINGERPRINTS),
    payloadHashes: bounded.union(members, 'payloadHashes'),
    c2Endpoints: bounded.union(members, 'c2Endpoints'),
    keystrokeCentroid: rolled.keystrokeCentroid,
    hasVisits: visits.length > 0,
    events: 0,
  }
  const leftOut = bounded.leftOut + Math.max(0, visits.length - VISITS_MAX)
  return { row, visits: visits.slice(0, VISITS_MAX), leftOut }
}

/** By decky, in code point order. */
function visitsOf(members: readonly MemberRows[]): [string, DeckyVisit][] {
  const byDecky = new Map<string, AnchorVisit>()
  for (const { visits } of members) {
    for (const [key, visit] of visits.flat()) {
      const decky = fromByteString(restOf(key))
      const known = byDecky.get(decky)
      byDecky.set(decky, known === undefined ? visit : unitedVisit(known, visit))
    }
  }
  return [...byDecky]
    .sort(([a], [b]) => byCodePoint(a, b))
    .map(([decky, visit]) => [decky, deckyVisit(visit)])
}

/** Cuts lists to their bounds, and counts what goes. */
class Bounded {
  leftOut = 0

  /** @param sorted by code point */
  list(sorted: readonly string[] | null, bounds: Bounds): readonly string[] | null {
    if (sorted === null) return null
    const taken = takenTexts(sorted, bounds)
    this.leftOut += sorted.length - taken.length
    return taken
  }

  union(
    members: readonly MemberRows[],
    of: 'c2Endpoints' | 'payloadHashes',
  ): readonly string[] | null {
    const values = new Set<string>()
    for (const { member } of members) for (const value of member[of]) values.add(value)
    return values.size === 0 ? null : this.list([...values].sort(byCodePoint), INFRASTRUCTURE)
  }
}

export function identityOf(attacker: ByteString): ByteString {
  return toByteString(stubIdentity(fromByteString(attacker)))
}
