import { type ByteString, fromByteString } from '../../bytes/byte-string.ts'
import { stubIdentity } from '../attribution/stub-identity.ts'
import type { IdentityMessage } from '../campaign/identity-message.ts'
import { announce, type Announcement } from './announcement.ts'
import type { ClusterMember } from './cluster-member.ts'
import { NEVER_ANNOUNCED } from './component-index.ts'
import type { IdentityEvent } from './identity-event.ts'
import { appendEvents, eventsByIdentity } from './identity-history.ts'
import {
  identityOf,
  readMembers,
  readRows,
  type RolledIdentity,
  rolledIdentity,
} from './identity-roll-up.ts'
import {
  type Concerned,
  type GrownIdentity,
  type Growth,
  growths,
  grownIdentity,
} from './identity-growth.ts'
import { type IdentityRow, identityRowCodec, mergedIdentity } from './identity-row.ts'
import type { IdentityStores } from './identity-stores.ts'
import { isSameRow } from '../clustering/same-row.ts'
import { Steps } from '../clustering/steps.ts'

export interface PassResult {
  readonly announcement: Announcement
  /**
   * For the campaigns: identities that changed, and of those merged away whoever is part of another
   * identity than before: what it was merged into may part from it.
   */
  readonly messages: readonly IdentityMessage[]
  /** Values and visits beyond what an identity may have. */
  readonly leftOut: number
  /** Steps that failed and were skipped. */
  readonly failures: number
  /** Attackers that are clustered now and were not before. */
  readonly members: number
  /** Identities more than before; fewer: below 0. */
  readonly groups: number
}

/**
 * One pass of the streaming policy: what changed since the pass before, in rows and to be told.
 *
 * Q1. The row of an identity is a function of what is known of its members now (`events` apart), so
 *     rows after a pass are those of a fold over everything; and after an un-merge as if the merge
 *     had never been.
 * Q2. It tells what `announce` lets it tell, and costs the changes, and the members of the
 *     identities that they touched, unless attackers merely came to one; all are read in a few bulk
 *     reads, however many there are.
 * Q3. A pass with nothing new writes nothing and has nothing to tell.
 */
export class IdentifyPass {
  readonly #stores: IdentityStores
  readonly #attackersMax: number | undefined

  /** @param attackersMax of one pass, see {@link announce} */
  constructor(stores: IdentityStores, attackersMax?: number) {
    this.#stores = stores
    this.#attackersMax = attackersMax
  }

  /** @param atMs epoch milliseconds */
  run(atMs: number): PassResult {
    const announcement = announce(this.#stores, this.#attackersMax)
    const concerned = this.#concerned(announcement)
    const grown = this.#grown(growths(announcement, concerned))
    const roots = concerned.filter(isRoot).map(({ attacker }) => attacker)
    const membersOf = readMembers(
      this.#stores,
      roots.filter((root) => !grown.has(root)),
    )
    const events = eventsByIdentity(announcement, atMs)
    const moved = new Set(announcement.changes.map(({ attacker }) => attacker))
    const steps = new Steps()
    const messages: IdentityMessage[] = []
    let leftOut = 0
    for (const each of concerned) {
      steps.try(() => {
        const members = membersOf.get(each.attacker)
        const rolled = members === undefined ? null : rolledIdentity(each.attacker, members)
        const more = grown.get(each.attacker)
        this.#keep(each, (rolled ?? more)?.row ?? mergedRow(each), events.get(each.identity) ?? [])
        if (rolled !== null) messages.push(messageOf(each, rolled))
        else if (more?.isTold === true) messages.push(messageOf(each, { ...more, visits: [] }))
        else if (more === undefined && moved.has(each.attacker) && wasAlive(each))
          messages.push(mergedMessage(each))
        leftOut += rolled?.leftOut ?? 0
      })
    }
    return { announcement, messages, leftOut, failures: steps.failures, ...growthOf(announcement) }
  }

  /** Who was touched or changed roots, and the roots that they left and have. */
  #concerned({ changes, touched }: Announcement): Concerned[] {
    const { attackers, identities } = this.#stores
    const names = new Set(touched)
    for (const { attacker, before } of changes) {
      names.add(attacker)
      if (before !== NEVER_ANNOUNCED) names.add(before)
    }
    for (const row of attackers.getAll([...names])) if (row !== undefined) names.add(row.root)
    const list = [...names]
    const rows = attackers.getAll(list)
    const ids = list.map(identityOf)
    const old = identities.getAll(ids)
    return list.flatMap((attacker, i) => {
      const member = rows[i]
      return member === undefined ? [] : [{ attacker, member, identity: ids[i]!, old: old[i] }]
    })
  }

  /** By root, the identities that need not be rolled up. */
  #grown(growths: readonly Growth[]): Map<ByteString, GrownIdentity> {
    const known = readRows(
      this.#stores,
      growths.flatMap(({ came }) => came),
    )
    const identities = new Map<ByteString, GrownIdentity>()
    let place = 0
    for (const { came, old, root } of growths) {
      const grown = grownIdentity(old, known.slice(place, place + came.length))
      place += came.length
      if (grown !== null) identities.set(root, grown)
    }
    return identities
  }

  #keep({ identity, old }: Concerned, state: IdentityRow, events: readonly IdentityEvent[]): void {
    const { history, identities } = this.#stores
    const row = { ...state, events: appendEvents(history, identity, old?.events ?? 0, events) }
    // To compare rows is to encode both; with an event there is always another count of them.
    if (events.length > 0 || !isSameRow(identityRowCodec, old, row)) identities.put(identity, row)
  }
}

function isRoot({ attacker, member }: Concerned): boolean {
  return member.root === attacker
}

/** It has a history. Of one that was merged from its beginning the campaigns never heard. */
function wasAlive({ old }: Concerned): boolean {
  return old !== undefined && old.events > 0
}

function mergedRow({ attacker, member }: Concerned): IdentityRow {
  return mergedIdentity(fromByteString(attacker), member.firstSeen, rootIdentity(member))
}

function messageOf(
  { identity, member }: Concerned,
  { row, visits }: Pick<RolledIdentity, 'row' | 'visits'>,
): IdentityMessage {
  return {
    identity: fromByteString(identity),
    firstSeen: member.firstSeen,
    mergedInto: null,
    payloadHashes: row.payloadHashes ?? [],
    c2Endpoints: row.c2Endpoints ?? [],
    keystrokeCentroid: row.keystrokeCentroid,
    visits,
  }
}

function mergedMessage({ identity, member }: Concerned): IdentityMessage {
  return {
    identity: fromByteString(identity),
    firstSeen: member.firstSeen,
    mergedInto: rootIdentity(member),
    payloadHashes: [],
    c2Endpoints: [],
    keystrokeCentroid: null,
    visits: [],
  }
}

function rootIdentity({ root }: ClusterMember): string {
  return stubIdentity(fromByteString(root))
}

function growthOf({ changes }: Announcement): Pick<PassResult, 'groups' | 'members'> {
  let [members, groups] = [0, 0]
  for (const { after, attacker, before } of changes) {
    if (before === NEVER_ANNOUNCED) members++
    groups += Number(after === attacker) - Number(before === attacker)
  }
  return { members, groups }
}
