import type { ByteString } from '../../bytes/byte-string.ts'
import { evidenceRowKey } from '../../topology/identity/cluster-keys.ts'
import type { ClusterMember } from '../../topology/identity/cluster-member.ts'
import type { EvidenceHead } from '../../topology/identity/evidence-head.ts'
import {
  type Evidence,
  evidenceKey,
  evidenceOf,
  type IsGeneric,
} from '../../topology/identity/evidence.ts'
import {
  identityAttackersStore,
  identityEvidenceStore,
} from '../../topology/identity/identify-stores.ts'
import type { ClustererReader } from './clusterer-reader.ts'

export interface ExplainedMember {
  readonly attacker: ByteString
  readonly features: ClusterMember
}

/** A value that several hold. */
export interface HeldEvidence {
  readonly evidence: Evidence
  readonly holders: number
}

/** What is known of values, by {@link evidenceKey}. */
export type EvidenceHeads = ReadonlyMap<string, EvidenceHead>

/** Characters of values of all attackers that one answer looks at. */
const VALUES_CHARS_MAX = 16 * 1024 * 1024
/** An attacker costs so much besides. */
const MEMBER_CHARS = 256
/** Values of which is read who holds them. */
const HEADS_READ_MAX = 5_000
const ROWS_AT_ONCE = 32

/**
 * Rows of attackers, in their order, so many as memory allows; who has none is left out.
 */
export async function readMembers(
  reader: ClustererReader,
  attackers: readonly ByteString[],
): Promise<ExplainedMember[]> {
  const members: ExplainedMember[] = []
  let chars = 0
  for (let start = 0; start < attackers.length; start += ROWS_AT_ONCE) {
    const some = attackers.slice(start, start + ROWS_AT_ONCE)
    const rows = await reader.getAll(identityAttackersStore, some)
    for (const [i, features] of rows.entries()) {
      if (features === undefined) continue
      chars += charsOf(features)
      if (chars > VALUES_CHARS_MAX) return members
      members.push({ attacker: some[i]!, features })
    }
  }
  return members
}

function charsOf(features: ClusterMember): number {
  let chars = MEMBER_CHARS
  for (const { value } of evidenceOf(features)) chars += value.length
  return chars
}

/** The values that several of the members hold, those held by most first. */
export function heldBySeveral(members: readonly ExplainedMember[]): HeldEvidence[] {
  const byKey = new Map<string, { readonly evidence: Evidence; holders: number }>()
  for (const { features } of members) {
    for (const evidence of evidenceOf(features)) {
      const key = evidenceKey(evidence)
      const known = byKey.get(key)
      if (known === undefined) byKey.set(key, { evidence, holders: 1 })
      else known.holders += 1
    }
  }
  return [...byKey.values()]
    .filter(({ holders }) => holders > 1)
    .sort((a, b) => b.holders - a.holders)
}

/** @param values the first 5,000 are looked up */
export async function readHeads(
  reader: ClustererReader,
  values: readonly Evidence[],
): Promise<EvidenceHeads> {
  const some = values.slice(0, HEADS_READ_MAX)
  const heads = await reader.getAll(identityEvidenceStore, some.map(evidenceRowKey))
  const known = new Map<string, EvidenceHead>()
  for (const [i, head] of heads.entries()) {
    if (head !== undefined) known.set(evidenceKey(some[i]!), head)
  }
  return known
}

/** A value of which nothing was read makes no edge either. */
export function genericBy(heads: EvidenceHeads): IsGeneric {
  return (evidence) => heads.get(evidenceKey(evidence))?.isGeneric ?? true
}
