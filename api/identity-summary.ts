import type { IdentityMemberRow } from '../state/attribution-rows.ts'
import type { IdentityRow } from '../state/identity-rows.ts'

/** An identity, from the rows of its members and its own at the clusterer. */
export interface IdentitySummary {
  readonly id: string
  /** Epoch seconds, the earliest of its attackers. */
  firstSeen: number
  /** Epoch seconds, the newest of its attackers. */
  updatedTs: number
  /** Attackers that it is, as the clusterer says; those that attribution has while it says none. */
  attackers: number
  isClustered: boolean
}

/** An identity of which nothing is known yet. */
export function summaryOf(id: string): IdentitySummary {
  return { id, firstSeen: Infinity, updatedTs: -Infinity, attackers: 0, isClustered: false }
}

export function addMember(summary: IdentitySummary, row: IdentityMemberRow): void {
  addTimes(summary, row)
  if (!summary.isClustered) summary.attackers += 1
}

export function addRow(summary: IdentitySummary, row: IdentityRow): void {
  addTimes(summary, row)
  summary.attackers = row.attackers
  summary.isClustered = true
}

function addTimes(summary: IdentitySummary, row: IdentityMemberRow): void {
  summary.firstSeen = Math.min(summary.firstSeen, row.firstSeen)
  summary.updatedTs = Math.max(summary.updatedTs, row.updatedTs)
}
