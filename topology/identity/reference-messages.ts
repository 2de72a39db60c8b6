import { toByteString } from '../../bytes/byte-string.ts'
import { byCodePoint } from '../../schemas/canonical-json.ts'
import { groupKey, restOf } from '../attribution/store-keys.ts'
import { type TacticSighting, visitsOf } from '../campaign/decky-visit.ts'
import { type IdentityMessage, INFRASTRUCTURE_MAX } from '../campaign/identity-message.ts'
import { MergeChains } from '../clustering/merge-chains.ts'
import { ReferenceIdentityStore } from './reference-identity-store.ts'
import type { ReferenceAttacker, ReferenceIdentity, ReferenceStores } from './reference-rows.ts'

/** An identity, and whoever belongs to it now: those linked to it or to what was merged into it. */
interface Members {
  readonly identity: string
  readonly row: ReferenceIdentity
  readonly attackers: [attacker: string, row: ReferenceAttacker][]
  readonly merged: string[]
}

/** What campaigns have to be told: of each identity, by creation, unless it is what they know. */
export function takeIdentityMessages(stores: ReferenceStores): IdentityMessage[] {
  const news: IdentityMessage[] = []
  for (const members of membersByIdentity(stores)) {
    const message = messageOf(members, stores)
    const told = JSON.stringify(message)
    if (told === members.row.told) continue
    stores.identities.put(toByteString(members.identity), { ...members.row, told })
    news.push(message)
  }
  return news
}

function membersByIdentity(stores: ReferenceStores): Iterable<Members> {
  const store = new ReferenceIdentityStore(stores)
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
  return all.values()
}

function messageOf(members: Members, stores: ReferenceStores): IdentityMessage {
  const { attackers, identity, row } = members
  const firstSeen = Math.min(...attackers.map(([, attacker]) => attacker.firstSeen))
  const isMerged = row.mergedInto !== null
  return {
    identity,
    firstSeen: attackers.length === 0 ? 0 : firstSeen,
    mergedInto: row.mergedInto,
    payloadHashes: isMerged
      ? []
      : taken(attackers.flatMap(([, { payloadHashes }]) => payloadHashes)),
    c2Endpoints: isMerged ? [] : taken(attackers.flatMap(([, { c2Endpoints }]) => c2Endpoints)),
    keystrokeCentroid: isMerged ? null : (row.fingerprints?.keystrokeCentroid ?? null),
    visits: isMerged ? [] : [...visitsOf(sightingsOf(members, stores))],
  }
}

/** Oldest first; of equal times by tag. */
function sightingsOf(members: Members, stores: ReferenceStores): TacticSighting[] {
  const { attackers, identity, merged } = members
  const anchors = new Set([identity, ...merged, ...attackers.map(([attacker]) => attacker)])
  return [...anchors]
    .flatMap((anchor) => stores.sightings.group(groupKey(toByteString(anchor))))
    .sort(([a], [b]) => byCodePoint(restOf(a), restOf(b)))
    .map(([, sighting]) => sighting)
    .sort((a, b) => a.createdTs - b.createdTs)
}

function taken(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(byCodePoint).slice(0, INFRASTRUCTURE_MAX)
}
