import type { ByteString } from '../../bytes/byte-string.ts'
import { firstClosedGroups } from '../clustering/closed-groups.ts'
import {
  evidenceOfRowKey,
  PENDING,
  PENDING_ATTACKERS,
  PENDING_EVIDENCE,
  PENDING_TOUCHED,
  pendingOf,
} from './cluster-keys.ts'
import { NEVER_ANNOUNCED } from './component-index.ts'
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
  /** What is still pending, for the next announcement. */
  readonly left: number
  /** Roots of attackers touched that are left: what was told of their identities is out of date. */
  readonly outdated: ReadonlySet<ByteString>
}

type PendingRow = readonly [key: ByteString, before: ByteString]

/** Attackers of one announcement, so that it holds up nobody long: more only if told together. */
const ATTACKERS_MAX = 10_000

/**
 * Everything that changed since the announcement before, by comparison with what was announced then:
 * what came and went in between is not told. Costs what changed. The caller publishes it in the
 * transaction that keeps the stores.
 *
 * After a pause that may be very much. Changes of roots are told together where they share one, and
 * of such groups only so many as `attackersMax` allows; the rest stays pending.
 */
export function announce(stores: IdentifyStores, attackersMax = ATTACKERS_MAX): Announcement {
  const pending = [...stores.pending.group(PENDING)]
  const about = (letters: ByteString) => pending.filter(([key]) => key.startsWith(letters))
  const all = rootChanges(stores, about(PENDING_ATTACKERS))
  const changes = firstClosedGroups(all, rootsOf, attackersMax)
  const deferred = without(all, changes)
  const touched = toldNow(stores, about(PENDING_TOUCHED), { changes, deferred, attackersMax })
  const generic = genericChanges(stores, about(PENDING_EVIDENCE))
  const left = deferred.map(({ attacker }) => PENDING_ATTACKERS + attacker).concat(touched.left)
  const isLeft = new Set(left)
  for (const [key] of pending) if (!isLeft.has(key)) stores.pending.delete(key)
  return {
    ...identityChanges(changes),
    generic,
    changes,
    touched: touched.now,
    left: left.length,
    outdated: touched.outdated,
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

/** What is said of a change depends on the changes of these. */
function rootsOf({ after, attacker, before }: RootChange): ByteString[] {
  return before === NEVER_ANNOUNCED ? [attacker, after] : [attacker, after, before]
}

function without(all: readonly RootChange[], changes: readonly RootChange[]): RootChange[] {
  if (changes.length === all.length) return []
  const taken = new Set(changes)
  return all.filter((change) => !taken.has(change))
}

interface Turn {
  readonly changes: readonly RootChange[]
  readonly deferred: readonly RootChange[]
  readonly attackersMax: number
}

interface ToldNow {
  readonly now: readonly ByteString[]
  /** Keys of pending rows. */
  readonly left: readonly ByteString[]
  readonly outdated: ReadonlySet<ByteString>
}

/**
 * Attackers touched that may be told: those of the changes, and others, but of no identity whose
 * changes are deferred.
 */
function toldNow(
  { attackers }: IdentifyStores,
  pending: readonly PendingRow[],
  { attackersMax, changes, deferred }: Turn,
): ToldNow {
  const touched = pending.map(([key]) => pendingOf(key))
  if (touched.length <= attackersMax && deferred.length === 0) {
    return { now: touched, left: [], outdated: new Set() }
  }
  const changed = new Set(changes.map(({ attacker }) => attacker))
  const later = new Set(deferred.flatMap(rootsOf))
  const rows = attackers.getAll(touched)
  const now: ByteString[] = []
  const left: ByteString[] = []
  const outdated = new Set<ByteString>()
  let others = 0
  for (const [i, attacker] of touched.entries()) {
    const root = rows[i]?.root ?? attacker
    const isLater = later.has(attacker) || later.has(root)
    if (changed.has(attacker) || (!isLater && others++ < attackersMax)) {
      now.push(attacker)
      continue
    }
    left.push(PENDING_TOUCHED + attacker)
    outdated.add(root)
  }
  return { now, left, outdated }
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
