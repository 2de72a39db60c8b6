import type { DeckyVisit } from './decky-visit.ts'

/**
 * What the `campaign` sub-topology is told of an identity, through an internal topic of one
 * partition: all that is known of it now, in place of what was said before.
 */
export interface IdentityMessage {
  readonly identity: string
  /** When its root attacker was first seen, epoch seconds: the oldest identity names a campaign. */
  readonly firstSeen: number
  /** The identity it was merged into: then it takes no part, and the rest is empty; null: none. */
  readonly mergedInto: string | null
  /** Of all its attackers, at most {@link INFRASTRUCTURE_MAX} of each, sorted by code point. */
  readonly payloadHashes: readonly string[]
  readonly c2Endpoints: readonly string[]
  /** 16 hexadecimal digits; null: not known. */
  readonly keystrokeCentroid: string | null
  /** What its tags tell, by decky. */
  readonly visits: readonly (readonly [deckyId: string, visit: DeckyVisit])[]
}

/** So many that only abuse has more; what is beyond is counted and left out. */
export const INFRASTRUCTURE_MAX = 4_096
