import type { ByteString } from '../../bytes/byte-string.ts'
import {
  evidenceOfRowKey,
  PENDING,
  PENDING_ATTACKERS,
  PENDING_EVIDENCE,
  PENDING_TOUCHED,
  pendingOf,
} from './cluster-keys.ts'
import type { Evidence } from './evidence.ts'
import { ANNOUNCED_GENERIC } from './evidence-index.ts'
import type { IdentifyStores } from './identify-stores.ts'
import { type IdentityChanges, identityChanges, type RootChange } from './identity-changes.ts'

/** A value that became generic, or specific again, since the announcement before. */
export interface GenericChange {
  readonly evidence: Evidence
  readonly isGeneric: boolean
  readonly holders: number
}

export interface Announcement extends IdentityChanges {
  readonly generic: readonly GenericChange[]
  /** Whose root changed, in the order in which they were first seen. */
  readonly changes: readonly RootChange[]
  /** Attackers of which something changed that their identity tells. */
  readonly touched: readonly ByteString[]
}

type PendingRow = readonly [key: ByteString, before: ByteString]

/**
 * Everything that changed since the announcement before, by comparison with what was announced then:
 * what came and went in between is not told. Costs what changed. The caller publishes it in the
 * transaction that keeps the stores.
 */
export function announce(stores: IdentifyStores): Announcement {
  const pending = [...stores.pending.group(PENDING)]
  for (const [key] of pending) stores.pending.delete(key)
  const about = (letters: ByteString) => pending.filter(([key]) => key.startsWith(letters))
  const changes = rootChanges(stores, about(PENDING_ATTACKERS))
  return {
    ...identityChanges(changes),
    generic: genericChanges(stores, about(PENDING_EVIDENCE)),
    changes,
    touched: about(PENDING_TOUCHED).map(([key]) => pendingOf(key)),
  }
}

function rootChanges({ attackers }: IdentifyStores, pending: readonly PendingRow[]): RootChange[] {
  const rows = attackers.getAll(pending.map(([key]) => pendingOf(key)))
  const changes: (RootChange & { readonly firstSeen: number })[] = []
  for (const [i, [key, before]] of pending.entries()) {
    const member = rows[i]
    if (member === undefined || member.root === before) continue
    const { firstSeen, root: after } = member
    changes.push({ attacker: pendingOf(key), before, after, firstSeen })
  }
  // Sorting is stable, and the rows came by id.
  return changes.sort((a, b) => a.firstSeen - b.firstSeen)
}

function genericChanges(
  { evidence }: IdentifyStores,
  pending: readonly PendingRow[],
): GenericChange[] {
  const heads = evidence.getAll(pending.map(([key]) => pendingOf(key)))
  const changes: GenericChange[] = []
  for (const [i, [key, before]] of pending.entries()) {
    const { holders = 0, isGeneric = false } = heads[i] ?? {}
    if (isGeneric === (before === ANNOUNCED_GENERIC)) continue
    changes.push({ evidence: evidenceOfRowKey(pendingOf(key)), isGeneric, holders })
  }
  return changes
}
