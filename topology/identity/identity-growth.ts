import type { ByteString } from '../../bytes/byte-string.ts'
import type { Announcement } from './announcement.ts'
import type { ClusterMember } from './cluster-member.ts'
import { FINGERPRINTS, INFRASTRUCTURE, type MemberRows } from './identity-roll-up.ts'
import type { IdentityRow } from './identity-row.ts'
import type { ProfileRow } from './profile-row.ts'
import { type Bounds, grownTexts } from './taken-texts.ts'

/** An attacker whose identity may have another row now. */
export interface Concerned {
  readonly attacker: ByteString
  readonly member: ClusterMember
  readonly identity: ByteString
  readonly old: IdentityRow | undefined
}

/** An identity of which nothing is other than that attackers came to it. */
export interface Growth {
  readonly root: ByteString
  readonly old: IdentityRow
  readonly came: readonly ByteString[]
}

/** @param concerned every attacker that changed roots or was touched, and their roots */
export function growths(
  { changes, outdated, touched }: Announcement,
  concerned: readonly Concerned[],
): Growth[] {
  const rootsNow = new Map(changes.map(({ after, attacker }) => [attacker, after]))
  const isOther = new Set(outdated)
  for (const { before } of changes) isOther.add(before)
  for (const attacker of touched) if (!rootsNow.has(attacker)) isOther.add(attacker)
  const came = new Map<ByteString, ByteString[]>()
  for (const { attacker, member } of concerned) {
    if (member.root === attacker || isOther.has(member.root)) continue
    if (isOther.has(attacker) || rootsNow.get(attacker) !== member.root) isOther.add(member.root)
    const others = came.get(member.root)
    if (others === undefined) came.set(member.root, [attacker])
    else others.push(attacker)
  }
  return concerned.flatMap(({ attacker: root, member, old }) => {
    if (member.root !== root || isOther.has(root) || rootsNow.has(root)) return []
    if (old === undefined || old.mergedInto !== null || old.firstSeen !== member.firstSeen)
      return []
    return [{ root, old, came: came.get(root) ?? [] }]
  })
}

export interface GrownIdentity {
  readonly row: IdentityRow
  /** The campaigns must be told: its payloads or endpoints are more. */
  readonly isTold: boolean
}

/**
 * An identity to which attackers came, from its former row: so it costs who came, and not who is
 * there.
 *
 * @returns null: it must be rolled up from all of its members
 */
export function grownIdentity(
  old: IdentityRow,
  came: readonly (MemberRows | undefined)[],
): GrownIdentity | null {
  const profiles: ProfileRow[] = []
  const members: ClusterMember[] = []
  for (const each of came) {
    if (each === undefined) return null
    const { keystrokes, member, profile, visits } = each
    if (keystrokes !== undefined || visits.some(({ length }) => length > 0)) return null
    if (profile !== undefined) profiles.push(profile)
    members.push(member)
  }
  const lists = grownLists(old, profiles, members)
  if (lists === null) return null
  const { c2Endpoints, payloadHashes } = lists
  const isTold = payloadHashes !== old.payloadHashes || c2Endpoints !== old.c2Endpoints
  // The campaigns would have to be told of visits, which only the members know.
  if (isTold && old.hasVisits) return null
  const updatedTs = profiles.reduce((ts, { lastSeen }) => Math.max(ts, lastSeen), old.updatedTs)
  const attackers = old.attackers + came.length
  return { row: { ...old, updatedTs, attackers, ...lists }, isTold }
}

type Lists = Pick<
  IdentityRow,
  'c2Endpoints' | 'hasshHashes' | 'ja3Hashes' | 'payloadHashes' | 'tlsCertSha256'
>

/** @returns null: not all of them fit */
function grownLists(
  old: IdentityRow,
  profiles: readonly ProfileRow[],
  members: readonly ClusterMember[],
): Lists | null {
  const { c2Endpoints, hasshHashes, ja3Hashes, payloadHashes, tlsCertSha256 } = old
  const ja3s = profiles.flatMap(({ ja3 }) => ja3)
  const hasshs = profiles.flatMap(({ hassh }) => hassh)
  const certs = profiles.flatMap((profile) => profile.tlsCertSha256)
  const payloads = members.flatMap((member) => [...member.payloadHashes])
  const endpoints = members.flatMap((member) => [...member.c2Endpoints])
  const grown: Record<keyof Lists, Lists[keyof Lists] | undefined> = {
    ja3Hashes: grownList(ja3Hashes, ja3s, FINGERPRINTS),
    hasshHashes: grownList(hasshHashes, hasshs, FINGERPRINTS),
    tlsCertSha256: grownList(tlsCertSha256, certs, FINGERPRINTS),
    payloadHashes: grownList(payloadHashes, payloads, INFRASTRUCTURE),
    c2Endpoints: grownList(c2Endpoints, endpoints, INFRASTRUCTURE),
  }
  return Object.values(grown).some((list) => list === undefined) ? null : (grown as Lists)
}

/** @returns undefined: not all of them fit */
function grownList(
  list: readonly string[] | null,
  more: readonly string[],
  bounds: Bounds,
): readonly string[] | null | undefined {
  if (more.length === 0) return list
  const texts = grownTexts(list ?? [], more, bounds)
  return texts?.length === 0 ? null : (texts ?? undefined)
}
