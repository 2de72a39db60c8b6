import { type Evidence, namesClient } from './evidence.ts'
import type { HardFeatures } from './features.ts'

/** Whom a holder of a value is joined to for it, by what is known of its client. */
export type HolderClass =
  typeof JOINS_ALL | typeof KNOWS_JA3 | typeof KNOWS_HASSH | typeof KNOWS_BOTH

/** Everybody: no fingerprint of it is known, or the value is one itself. */
export const JOINS_ALL = 0
/** Whoever knows only a HASSH, and whoever agrees. */
export const KNOWS_JA3 = 1
/** Whoever knows only a JA3, and whoever agrees. */
export const KNOWS_HASSH = 2
/** Whoever agrees. */
export const KNOWS_BOTH = 3

export const HOLDER_CLASSES = [JOINS_ALL, KNOWS_JA3, KNOWS_HASSH, KNOWS_BOTH] as const

export function holderClass(
  evidence: Evidence,
  client: Pick<HardFeatures, 'hassh' | 'ja3'>,
): HolderClass {
  return namesClient(evidence) ? JOINS_ALL : clientClass(client)
}

export function clientClass({ hassh, ja3 }: Pick<HardFeatures, 'hassh' | 'ja3'>): HolderClass {
  if (ja3 === null) return hassh === null ? JOINS_ALL : KNOWS_HASSH
  return hassh === null ? KNOWS_JA3 : KNOWS_BOTH
}
