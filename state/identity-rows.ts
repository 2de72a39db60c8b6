/**
 * Rows of the `identify` stores as the API reads them; all lie in the one task of its partition.
 * The stores' own rows satisfy these structurally. Times are epoch seconds.
 */

/** identity */
export const identitiesStore = 'identities'
/** attacker */
export const identityAttackersStore = 'identity-attackers'
/** root attacker, member */
export const identityComponentsStore = 'identity-components'
/** identity, number of the event */
export const identityHistoryStore = 'identity-history'

/** An identity: each attacker has one, which was merged away unless the attacker is a root. */
export interface IdentityRow {
  /** The attacker whose identity it is. */
  readonly attacker: string
  /** The identity that it is part of now; null: it is one of its own. */
  readonly mergedInto: string | null
  /** When its attacker was first seen: the oldest of merging identities goes on. */
  readonly firstSeen: number
  /** Newest last_seen of its attackers' profiles; firstSeen where there is none. */
  readonly updatedTs: number
  /** Attackers that are this identity now; 0 when merged. */
  readonly attackers: number
  /** Rolled up from all its attackers; sorted; null: none. */
  readonly ja3Hashes: readonly string[] | null
  readonly hasshHashes: readonly string[] | null
  readonly tlsCertSha256: readonly string[] | null
  readonly payloadHashes: readonly string[] | null
  readonly c2Endpoints: readonly string[] | null
  /** 16 hexadecimal digits. */
  readonly keystrokeCentroid: string | null
}

/** The newest 100 of an identity; both sides of a merge tell of it. */
export interface IdentityEventRow {
  readonly type: 'formed' | 'linked' | 'merged' | 'unmerged' | 'gained' | 'lost'
  /**
   * formed: null. linked: the attacker. merged: the identity merged into; gained: the one merged
   * into this. unmerged: the identity it came from; lost: the one that went.
   */
  readonly other: string | null
  /** When the pass ran, epoch milliseconds. */
  readonly atMs: number
}
