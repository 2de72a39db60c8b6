import { toByteString } from '../../bytes/byte-string.ts'
import { byCodePoint } from '../../schemas/canonical-json.ts'
import { groupKey, restOf } from '../attribution/store-keys.ts'
import { type TacticSighting, visitsOf } from '../campaign/decky-visit.ts'
import { type IdentityMessage, INFRASTRUCTURE_MAX } from '../campaign/identity-message.ts'
import { MergeChains } from '../clustering/merge-chains.ts'
import type { KeyValueStore } from '../store.ts'
import type { IdentityNews } from './clusterer.ts'
import type { IdentityEvent } from './identity-event.ts'
import { appendEvents, eventsByIdentity } from './identity-history.ts'
import { type IdentityRow, identityRowCodec } from './identity-row.ts'
import { ReferenceIdentityStore } from './reference-identity-store.ts'
import type { ReferenceAttacker, ReferenceIdentity, ReferenceStores } from './reference-rows.ts'
import { isSameRow } from '../clustering/same-row.ts'

/** The rows of identities that queries read, as the streaming policy keeps them. */
export interface ListedIdentities {
  readonly identities: KeyValueStore<IdentityRow>
  readonly history: KeyValueStore<IdentityEvent>
}

/** An identity, and whoever belongs to it now: those linked to it or to what was merged into it. */
interface Members {
  readonly identity: string
  readonly row: ReferenceIdentity
  readonly attackers: [attacker: string, row: ReferenceAttacker][]
  readonly merged: string[]
}

/** After a pass: brings the rows that queries read up to date, and says what campaigns must know. */
export class ReferenceIdentityLedger {
  readonly #stores: ReferenceStores
  readonly #listed: ListedIdentities

  constructor(stores: ReferenceStores, listed: ListedIdentities) {
    this.#stores = stores
    this.#listed = listed
  }

  /**
   * @param atMs epoch milliseconds
   * @returns what campaigns do not know, of each identity, by creation
   */
  book(news: IdentityNews, atMs: number): IdentityMessage[] {
    const events = eventsByIdentity(news, atMs)
    const messages: IdentityMessage[] = []
    const all = this.#members()
    const keys = all.map(({ identity }) => toByteString(identity))
    const listed = this.#listed.identities.getAll(keys)
    const sightings = this.#sightings(all)
    for (const [i, members] of all.entries()) {
      const key = keys[i]!
      this.#list(members, listed[i], events.get(key) ?? [])
      const message = messageOf(members, sightings[i]!)
      const told = JSON.stringify(message)
      if (told === members.row.told) continue
      this.#stores.identities.put(key, { ...members.row, told })
      messages.push(message)
    }
    return messages
  }

  #list(members: Members, old: IdentityRow | undefined, events: readonly IdentityEvent[]): void {
    const { history, identities } = this.#listed
    const key = toByteString(members.identity)
    const row = rowOf(members, appendEvents(history, key, old?.events ?? 0, events))
    if (!isSameRow(identityRowCodec, old, row)) identities.put(key, row)
  }

  #members(): Members[] {
    const store = new ReferenceIdentityStore(this.#stores)
    const identities = store.identityRows()
    const chains = new MergeChains(store.identities())
    const all = new Map(
      identities.map(([identity, row]): [string, Members] => [
        identity,
        { identity, row, attackers: [], merged: [] },
      ]),
    )
    for (const [identity, { mergedInto }] of identities) {
      if (mergedInto !== null) all.get(chains.endOf(identity))?.merged.push(identity)
    }
    for (const attacker of store.attackerRows()) {
      const { identity } = attacker[1]
      if (identity !== null) all.get(chains.endOf(identity))?.attackers.push(attacker)
    }
    return [...all.values()]
  }

  /** Of all that each identity is, oldest first; of equal times by tag. */
  #sightings(all: readonly Members[]): TacticSighting[][] {
    const anchorsOf = all.map(({ attackers, identity, merged }) => [
      ...new Set([identity, ...merged, ...attackers.map(([attacker]) => attacker)]),
    ])
    const groups = anchorsOf.flat().map((anchor) => groupKey(toByteString(anchor)))
    const sightings = this.#stores.sightings.groupAll(groups)[Symbol.iterator]()
    return anchorsOf.map((anchors) =>
      anchors
        .flatMap(() => sightings.next().value ?? [])
        .sort(([a], [b]) => byCodePoint(restOf(a), restOf(b)))
        .map(([, sighting]) => sighting)
        .sort((a, b) => a.createdTs - b.createdTs),
    )
  }
}

function rowOf({ attackers, row }: Members, events: number): IdentityRow {
  const { fingerprints, mergedInto } = row
  const firstSeen = firstSeenOf(attackers)
  const updatedTs = attackers.reduce((ts, [, { lastSeen }]) => Math.max(ts, lastSeen), firstSeen)
  return {
    attacker: row.attacker ?? '',
    mergedInto,
    firstSeen,
    updatedTs,
    attackers: attackers.length,
    ja3Hashes: fingerprints?.ja3Hashes ?? null,
    hasshHashes: fingerprints?.hasshHashes ?? null,
    tlsCertSha256: fingerprints?.tlsCertSha256 ?? null,
    payloadHashes: orNull(union(attackers, 'payloadHashes')),
    c2Endpoints: orNull(union(attackers, 'c2Endpoints')),
    keystrokeCentroid: fingerprints?.keystrokeCentroid ?? null,
    hasVisits: false,
    events,
  }
}

function messageOf(
  { attackers, identity, row }: Members,
  sightings: readonly TacticSighting[],
): IdentityMessage {
  const isMerged = row.mergedInto !== null
  return {
    identity,
    firstSeen: firstSeenOf(attackers),
    mergedInto: row.mergedInto,
    payloadHashes: isMerged ? [] : union(attackers, 'payloadHashes'),
    c2Endpoints: isMerged ? [] : union(attackers, 'c2Endpoints'),
    keystrokeCentroid: isMerged ? null : (row.fingerprints?.keystrokeCentroid ?? null),
    visits: isMerged ? [] : [...visitsOf(sightings)],
  }
}

function firstSeenOf(attackers: Members['attackers']): number {
  if (attackers.length === 0) return 0
  return Math.min(...attackers.map(([, { firstSeen }]) => firstSeen))
}

function union(attackers: Members['attackers'], of: 'c2Endpoints' | 'payloadHashes'): string[] {
  const texts = new Set(attackers.flatMap(([, attacker]) => attacker[of]))
  return [...texts].sort(byCodePoint).slice(0, INFRASTRUCTURE_MAX)
}

function orNull(texts: readonly string[]): readonly string[] | null {
  return texts.length === 0 ? null : texts
}
