import { isObject, packJson, textsOf, unpackJson } from './packed-json.ts'

/** What a member publishes at each join, for the leader to divide the tasks by. */
export interface SubscriptionData {
  /** Tasks it runs as active at this moment. */
  readonly owned: readonly string[]
  /** Generation in which it was last told what it owns; −1: none. */
  readonly ownedGeneration: number
  /** Tasks it runs as standby at this moment. */
  readonly standby: readonly string[]
  /**
   * How far the state it has of each task is: the sum of its changelog positions, 0 and more.
   * Active, standby and left on disk alike.
   */
  readonly state: ReadonlyMap<string, number>
  /** Where other instances reach it (APPLICATION_SERVER); null: nowhere. */
  readonly endpoint: string | null
  /** Equal exactly for topologies whose tasks are the same. */
  readonly topologyHash: string
}

export function encodeSubscription(data: SubscriptionData): Buffer {
  return packJson({ ...data, state: Object.fromEntries(data.state) })
}

/**
 * Bytes of a later version, or of another program, count as owning nothing, of a topology that
 * nobody has.
 */
export function decodeSubscription(bytes: Buffer): SubscriptionData {
  const found = unpackJson<keyof SubscriptionData>(bytes)
  const { ownedGeneration, endpoint, topologyHash } = found
  return {
    owned: textsOf(found.owned),
    ownedGeneration: Number.isSafeInteger(ownedGeneration) ? (ownedGeneration as number) : -1,
    standby: textsOf(found.standby),
    state: positionsOf(found.state),
    endpoint: typeof endpoint === 'string' ? endpoint : null,
    topologyHash: typeof topologyHash === 'string' ? topologyHash : '',
  }
}

function positionsOf(value: unknown): Map<string, number> {
  const positions = new Map<string, number>()
  if (!isObject(value)) return positions
  for (const [taskId, position] of Object.entries(value) as [string, unknown][]) {
    if (typeof position === 'number' && position >= 0) positions.set(taskId, position)
  }
  return positions
}
