import { byCodePoint } from '../../schemas/canonical-json.ts'
import type { ByteString } from '../../bytes/byte-string.ts'
import type { Announcement } from './announcement.ts'
import type { ClusterMember } from './cluster-member.ts'
import { FINGERPRINTS, type MemberRows } from './identity-roll-up.ts'
import type { IdentityRow } from './identity-row.ts'
import type { ProfileRow } from './profile-row.ts'
import { takenTexts } from './taken-texts.ts'

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
  { changes, touched }: Announcement,
  concerned: readonly Concerned[],
): Growth[] {
  const rootsNow = new Map(changes.map(({ after, attacker }) => [attacker, after]))
  const isOther = new Set(changes.map(({ before }) => before))
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

/**
 * The row of an identity to which attackers came that bring nothing that the campaigns would be
 * told: for them it is as it was. So it costs who came, and not who is there.
 *
 * @returns null: it must be rolled up from all of its members
 */
export function grownRow(
  old: IdentityRow,
  came: readonly (MemberRows | undefined)[],
): IdentityRow | null {
  const payloadHashes = new Set(old.payloadHashes)
  const c2Endpoints = new Set(old.c2Endpoints)
  for (const each of came) {
    if (each === undefined) return null
    const { keystrokes, member, visits } = each
    if (keystrokes !== undefined || visits.some(({ length }) => length > 0)) return null
    for (const value of member.payloadHashes) if (!payloadHashes.has(value)) return null
    for (const value of member.c2Endpoints) if (!c2Endpoints.has(value)) return null
  }
  const profiles = came.flatMap((each) => each?.profile ?? [])
  const ja3Hashes = grownList(old.ja3Hashes, profiles, 'ja3')
  const hasshHashes = grownList(old.hasshHashes, profiles, 'hassh')
  const tlsCertSha256 = grownList(old.tlsCertSha256, profiles, 'tlsCertSha256')
  if (ja3Hashes === undefined || hasshHashes === undefined || tlsCertSha256 === undefined)
    return null
  return {
    ...old,
    updatedTs: profiles.reduce((newest, { lastSeen }) => Math.max(newest, lastSeen), old.updatedTs),
    attackers: old.attackers + came.length,
    ja3Hashes,
    hasshHashes,
    tlsCertSha256,
  }
}

/** @returns undefined: not all of them fit */
function grownList(
  old: readonly string[] | null,
  profiles: readonly ProfileRow[],
  of: 'hassh' | 'ja3' | 'tlsCertSha256',
): readonly string[] | null | undefined {
  const texts = new Set(old)
  const before = texts.size
  for (const profile of profiles) for (const text of profile[of]) texts.add(text)
  if (texts.size === before) return old
  const sorted = [...texts].sort(byCodePoint)
  return takenTexts(sorted, FINGERPRINTS).length === sorted.length ? sorted : undefined
}
