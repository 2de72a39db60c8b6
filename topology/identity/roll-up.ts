import { byCodePoint } from '../../schemas/canonical-json.ts'
import {
  centroidOf,
  type KeystrokeCounts,
  sumOfKeystrokes,
} from '../clustering/keystroke-counts.ts'
import type { SeenFingerprints } from './fingerprints.ts'

/** What an identity's row says of its attackers. Lists are sorted and without repeats. */
export interface IdentityFingerprints {
  /** Null: none. */
  readonly ja3Hashes: readonly string[] | null
  readonly hasshHashes: readonly string[] | null
  readonly tlsCertSha256: readonly string[] | null
  /** 16 hexadecimal digits. */
  readonly keystrokeCentroid: string | null
}

export function rollUp(
  seen: readonly SeenFingerprints[],
  keystrokes: Iterable<KeystrokeCounts>,
): IdentityFingerprints {
  return {
    ja3Hashes: sortedOrNull(seen.flatMap(({ ja3 }) => ja3)),
    hasshHashes: sortedOrNull(seen.flatMap(({ hassh }) => hassh)),
    tlsCertSha256: sortedOrNull(seen.flatMap(({ tlsCertSha256 }) => tlsCertSha256)),
    keystrokeCentroid: centroidOf(sumOfKeystrokes(keystrokes)),
  }
}

function sortedOrNull(texts: readonly string[]): string[] | null {
  return texts.length === 0 ? null : [...new Set(texts)].sort(byCodePoint)
}
