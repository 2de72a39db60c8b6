import { type ByteString, fromByteString } from '../../bytes/byte-string.ts'
import { groupKey, pairKey, restOf } from '../attribution/store-keys.ts'
import { campaignOf } from './campaign-id.ts'
import type { CampaignMember } from './campaign-member.ts'
import { standingOf } from './campaign-standing.ts'
import type { CampaignStores } from './campaign-stores.ts'

type Place = Pick<CampaignMember, 'campaign' | 'mergedInto' | 'root'>

/**
 * Components of identities, named by their oldest member, the root, and kept under its campaign.
 *
 * G1. Every identity that was not merged out is in exactly one component, and its row and the
 *     component's agree.
 * G2. Identities that belong together are in one component, always. A component that may hold others
 *     too is *stale*: its root's row says so, until it is computed anew at the end of the batch.
 * G3. The root of a component that is not stale is the member first seen first, of equal ones that
 *     of the smallest id: a function of the members, not of the order in which they came together.
 *     That of a stale one may be in it no more, but has a row.
 * G4. Whose place changes is pending until it is announced, with the place announced last.
 */
export class CampaignComponents {
  readonly #stores: CampaignStores

  constructor(stores: CampaignStores) {
    this.#stores = stores
  }

  /** @throws {RangeError} an identity has no row: the stores contradict each other */
  rows(identities: readonly ByteString[]): CampaignMember[] {
    return this.#stores.identities.getAll(identities).map((row, i) => {
      if (row === undefined) throw new RangeError(`identity ${identities[i]} has no row`)
      return row
    })
  }

  row(identity: ByteString): CampaignMember {
    return this.rows([identity])[0]!
  }

  members(root: ByteString): ByteString[] {
    const group = groupKey(campaignKey(root))
    return this.#stores.members.group(group).map(([key]) => restOf(key))
  }

  /** Says that the next announcement must look at an identity; before its row changes. */
  note(identity: ByteString): void {
    const { identities, pending } = this.#stores
    if (pending.get(identity) !== undefined) return
    pending.put(identity, standingOf(identities.get(identity)))
  }

  /** Puts an identity that is in none into a component of its own, or the stale one of its name. */
  admit(identity: ByteString, known: Omit<CampaignMember, keyof Place>): void {
    const place: Place = { mergedInto: null, root: identity, campaign: campaignKey(identity) }
    this.#stores.identities.put(identity, { ...known, ...place })
    this.#stores.members.put(memberKey(identity, identity), { firstSeen: known.firstSeen })
  }

  /** Takes an identity out that was merged into another. */
  leave(identity: ByteString, member: CampaignMember): void {
    this.#stores.members.delete(memberKey(member.root, identity))
  }

  /** Replaces what is known of a member, other than its place. */
  replace(identity: ByteString, member: CampaignMember): void {
    this.#stores.identities.put(identity, member)
    this.#stores.members.put(memberKey(member.root, identity), { firstSeen: member.firstSeen })
  }

  /** Joins the components of two members: costs the members of the younger one. @returns the root */
  join(a: ByteString, b: ByteString): ByteString {
    const [first, second] = this.rows([a, b]).map(({ root }) => root) as [ByteString, ByteString]
    if (first === second) return first
    const [winner, loser] = this.#isOlder(first, second) ? [first, second] : [second, first]
    const isStale = this.row(loser).isStale
    this.settle(this.members(loser), winner)
    if (isStale) {
      this.#setStale(loser, false)
      this.#setStale(winner, true)
    }
    return winner
  }

  /** Says that edges within a component may have gone. */
  markStale(root: ByteString): void {
    this.#setStale(root, true)
  }

  /** True if the component is stale; it is not any more. */
  takeStale(root: ByteString): boolean {
    const isStale = this.#stores.identities.get(root)?.isStale ?? false
    if (isStale) this.#setStale(root, false)
    return isStale
  }

  oldestOf(identities: readonly ByteString[]): ByteString {
    return identities.reduce((a, b) => (this.#isOlder(a, b) ? a : b))
  }

  /** Puts members into the component of a root. */
  settle(movers: readonly ByteString[], root: ByteString): void {
    const { identities, members, pending } = this.#stores
    const campaign = campaignKey(root)
    const told = pending.getAll(movers)
    for (const [i, member] of this.rows(movers).entries()) {
      if (member.root === root) continue
      const identity = movers[i]!
      members.delete(memberKey(member.root, identity))
      members.put(memberKey(root, identity), { firstSeen: member.firstSeen })
      identities.put(identity, { ...member, root, campaign })
      if (told[i] === undefined) pending.put(identity, standingOf(member))
    }
  }

  #setStale(root: ByteString, isStale: boolean): void {
    const row = this.row(root)
    if (row.isStale !== isStale) this.#stores.identities.put(root, { ...row, isStale })
  }

  #isOlder(a: ByteString, b: ByteString): boolean {
    const [rowOfA, rowOfB] = this.rows([a, b]) as [CampaignMember, CampaignMember]
    if (rowOfA.firstSeen === rowOfB.firstSeen) return a < b
    return rowOfA.firstSeen < rowOfB.firstSeen
  }
}

function campaignKey(root: ByteString): ByteString {
  return campaignOf(fromByteString(root))
}

function memberKey(root: ByteString, identity: ByteString): ByteString {
  return pairKey(campaignKey(root), identity)
}
