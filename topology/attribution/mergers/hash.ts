import { HASH_VALUES_MAX } from '../hash-window.ts'
import type { Merged, MergedSeries } from './merged.ts'

/** More changes of value than this within the window are a conflict. */
const ROTATIONS_MAX = 2

/**
 * Merges a series of hashes by the number of distinct values in the last 24 hours of event time.
 * Above 1,024 of them the confidence is an upper bound (see {@link isHashTruncated}).
 */
export function mergeHash(series: MergedSeries): Merged {
  const { values, length, hashes } = series
  if (length === 0) return { state: 'unknown', currentValue: null, confidence: 0 }
  const distinct = Math.min(hashes?.tokens.length ?? 0, HASH_VALUES_MAX)
  const rotations = Math.max(0, distinct - 1)
  return {
    state: rotations === 0 ? 'stable' : rotations <= ROTATIONS_MAX ? 'drifting' : 'conflicted',
    currentValue: values[length - 1]!,
    confidence: 1 / (1 + rotations),
  }
}

/** More distinct hashes lie in the window than are counted. */
export function isHashTruncated({ hashes }: Pick<MergedSeries, 'hashes'>): boolean {
  return hashes !== null && hashes.tokens.length > HASH_VALUES_MAX
}
