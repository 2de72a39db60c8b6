import type { ByteString } from '../../bytes/byte-string.ts'
import { evidenceOfRowKey, PENDING_ATTACKERS, PENDING_EVIDENCE, pendingOf } from './cluster-keys.ts'
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
}

/**
 * Everything that changed since the announcement before, by comparison with what was announced then:
 * what came and went in between is not told. Costs what changed. The caller publishes it in the
 * transaction that keeps the stores.
 */
export function announce(stores: IdentifyStores): Announcement {
  return { ...identityChanges(takeRootChanges(stores)), generic: takeGenericChanges(stores) }
}

/** In the order in which the attackers were first seen. */
function takeRootChanges({ attackers, pending }: IdentifyStores): RootChange[] {
  const told = pending.group(PENDING_ATTACKERS).map(([key, before]) => {
    return { key, before, attacker: pendingOf(key) }
  })
  const rows = attackers.getAll(told.map(({ attacker }) => attacker))
  const changes: (RootChange & { readonly firstSeen: number })[] = []
  for (const [i, { attacker, before, key }] of told.entries()) {
    pending.delete(key)
    const member = rows[i]
    if (member === undefined || member.root === before) continue
    changes.push({ attacker, before, after: member.root, firstSeen: member.firstSeen })
  }
  // Sorting is stable, and the rows came by id.
  return changes.sort((a, b) => a.firstSeen - b.firstSeen)
}

function takeGenericChanges({ evidence, pending }: IdentifyStores): GenericChange[] {
  const changes: GenericChange[] = []
  for (const [key, before] of [...pending.group(PENDING_EVIDENCE)]) {
    pending.delete(key)
    const rowKey: ByteString = pendingOf(key)
    const head = evidence.get(rowKey)
    const isGeneric = head?.isGeneric ?? false
    if (isGeneric === (before === ANNOUNCED_GENERIC)) continue
    const holders = head?.holders ?? 0
    changes.push({ evidence: evidenceOfRowKey(rowKey), isGeneric, holders })
  }
  return changes
}
