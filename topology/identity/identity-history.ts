import { type ByteString, toByteString } from '../../bytes/byte-string.ts'
import type { KeyValueStore } from '../store.ts'
import type { IdentityNews } from './clusterer.ts'
import {
  EVENTS_KEPT_MAX,
  type IdentityEvent,
  identityEventKey,
  type IdentityEventType,
} from './identity-event.ts'

/** What a pass did to identities, as events of each: both sides of a merge tell of it. */
export function eventsByIdentity(
  { formed, linked, merged, unmerged }: IdentityNews,
  atMs: number,
): Map<ByteString, IdentityEvent[]> {
  const events = new Map<ByteString, IdentityEvent[]>()
  const add = (identity: string, type: IdentityEventType, other: string | null): void => {
    const key = toByteString(identity)
    const own = events.get(key)
    if (own === undefined) events.set(key, [{ type, other, atMs }])
    else own.push({ type, other, atMs })
  }
  for (const { identity } of formed) add(identity, 'formed', null)
  for (const { attacker, identity } of linked) add(identity, 'linked', attacker)
  for (const { loser, winner } of merged) {
    add(loser, 'merged', winner)
    add(winner, 'gained', loser)
  }
  for (const { formerWinner, resurrected } of unmerged) {
    add(resurrected, 'unmerged', formerWinner)
    add(formerWinner, 'lost', resurrected)
  }
  return events
}

/**
 * Appends events to an identity's history, which keeps the newest {@link EVENTS_KEPT_MAX}.
 * @param before events so far
 * @returns events now. Costs what is written and forgotten, and reads nothing
 */
export function appendEvents(
  history: KeyValueStore<IdentityEvent>,
  identity: ByteString,
  before: number,
  events: readonly IdentityEvent[],
): number {
  const after = before + events.length
  const keptFrom = Math.max(1, after - EVENTS_KEPT_MAX + 1)
  const wasKeptFrom = Math.max(1, before - EVENTS_KEPT_MAX + 1)
  for (let number = wasKeptFrom; number < Math.min(keptFrom, before + 1); number++) {
    history.delete(identityEventKey(identity, number))
  }
  for (const [i, event] of events.entries()) {
    const number = before + 1 + i
    if (number >= keptFrom) history.put(identityEventKey(identity, number), event)
  }
  return after
}
