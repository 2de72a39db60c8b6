import { type ByteString, fromByteString, toByteString } from '../../bytes/byte-string.ts'
import type { KeyValueStore } from '../store.ts'
import type { Place } from './campaign-changes.ts'
import { campaignOf } from './campaign-id.ts'
import type { CampaignMember } from './campaign-member.ts'
import type { CampaignRow } from './campaign-row.ts'

/** An identity that moved, or of which something else is known. */
export interface Entry {
  readonly identity: ByteString
  readonly before: Place
  readonly after: Place
  readonly member: CampaignMember
}

/**
 * Keeps the rows of campaigns while identities move.
 *
 * L1. An identity's own campaign points at the one it is in; when the identity was merged out, at
 *     that of the identity it was merged into, so that it need not follow that one's moves.
 * L2. Identities are counted by moves, so a campaign costs what changed in it, not its size.
 */
export class CampaignLedger {
  readonly #store: KeyValueStore<CampaignRow>
  readonly #entries: Entry[] = []

  constructor(store: KeyValueStore<CampaignRow>) {
    this.#store = store
  }

  book(entry: Entry): void {
    this.#entries.push(entry)
  }

  /** @param nowTs epoch seconds */
  write(nowTs: number): void {
    const rows = this.#read()
    const changed = new Set<string>()
    for (const entry of this.#entries) {
      const own = ownCampaign(entry.identity)
      const known = rows.get(own)
      const row = ownRow(entry, known)
      rows.set(own, row)
      if (row.mergedInto !== known?.mergedInto || row.firstSeen !== known.firstSeen) {
        changed.add(own)
      }
    }
    for (const [campaign, by] of this.#moves()) {
      const row = rows.get(campaign)!
      rows.set(campaign, { ...row, identities: row.identities + by })
      changed.add(campaign)
    }
    for (const campaign of changed) {
      this.#store.put(toByteString(campaign), { ...rows.get(campaign)!, updatedTs: nowTs })
    }
  }

  /** Campaigns that identities left, or joined, or are in still with something new about them. */
  #moves(): (readonly [campaign: string, by: 1 | -1])[] {
    return this.#entries.flatMap(({ after, before }) => [
      ...(before.as === 'member' ? [[ownCampaign(before.root), -1] as const] : []),
      ...(after.as === 'member' ? [[ownCampaign(after.root), 1] as const] : []),
    ])
  }

  /** All rows concerned, together. */
  #read(): Map<string, CampaignRow> {
    const campaigns = new Set(this.#moves().map(([campaign]) => campaign))
    for (const { identity } of this.#entries) campaigns.add(ownCampaign(identity))
    const rows = new Map<string, CampaignRow>()
    const found = this.#store.getAll([...campaigns].map(toByteString))
    for (const [i, campaign] of [...campaigns].entries()) {
      const row = found[i]
      if (row !== undefined) rows.set(campaign, row)
    }
    return rows
  }
}

function ownRow({ after, identity, member }: Entry, known: CampaignRow | undefined): CampaignRow {
  return {
    identity: fromByteString(identity),
    mergedInto: pointerOf(identity, after, member),
    firstSeen: member.firstSeen,
    updatedTs: known?.updatedTs ?? 0,
    identities: known?.identities ?? 0,
  }
}

function pointerOf(identity: ByteString, place: Place, { mergedInto }: CampaignMember) {
  if (mergedInto !== null) return ownCampaign(mergedInto)
  return place.as === 'unknown' || place.root === identity ? null : ownCampaign(place.root)
}

function ownCampaign(identity: ByteString): string {
  return campaignOf(fromByteString(identity))
}
