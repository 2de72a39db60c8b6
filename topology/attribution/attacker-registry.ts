import { type ByteString, fromByteString } from '../../bytes/byte-string.ts'
import type { Cause } from '../../schemas/records.ts'
import type { KeyValueStore } from '../store.ts'
import { type AttackerLink, NO_IDENTITY } from './attacker-link.ts'
import type { IdentityMessage } from './identity-message.ts'
import { type SeriesPartial, unpackSeries } from './partial.ts'
import type { AttributionPolicy } from './policy.ts'
import type { LinkInput, ProfileInput } from './resolve-input.ts'
import { Series } from './series.ts'
import { groupKey, restOf } from './store-keys.ts'
import { stubIdentity } from './stub-identity.ts'

/** Told that an attacker was observed and has its stub thereby. */
export type OnSeen = (attackerUuid: string, firstSeen: number) => void

/** Sends a message to an identity. */
export type SendToIdentity = (identity: string, message: IdentityMessage) => void

/** An attacker in both its forms. */
export interface AttackerId {
  readonly attackerUuid: string
  readonly attacker: ByteString
}

const scratch = new Series()

/**
 * Which attackers are known and where they belong, and what their identities are told of it.
 *
 * A move is one record's work in the attacker's own task: every partial is retracted from the
 * identity left and contributed to the one joined, through the producer that carries the attacker's
 * observations. So no interleaving can lose or double a contribution.
 */
export class AttackerRegistry {
  readonly #policy: AttributionPolicy
  readonly #links: KeyValueStore<AttackerLink>
  readonly #partials: KeyValueStore<SeriesPartial>
  readonly #send: SendToIdentity
  readonly #onSeen: OnSeen | null

  constructor(
    policy: AttributionPolicy,
    links: KeyValueStore<AttackerLink>,
    partials: KeyValueStore<SeriesPartial>,
    send: SendToIdentity,
    onSeen: OnSeen | null = null,
  ) {
    this.#policy = policy
    this.#links = links
    this.#partials = partials
    this.#send = send
    this.#onSeen = onSeen
  }

  /** The attacker's link for an event of it; null: unknown, the event is deferred. */
  linkAtEvent(id: AttackerId, ts: number): AttackerLink | null {
    const link = this.#links.get(id.attacker)
    if (link !== undefined && link.identity !== NO_IDENTITY) return link
    if (link === undefined && !this.#policy.registersUnknownAttackers) return null
    const firstSeen = link?.firstSeen ?? ts
    this.#onSeen?.(id.attackerUuid, firstSeen)
    return this.#moveToStub(id, firstSeen)
  }

  /** An attacker profile came: the attacker is known from now on. */
  register(input: ProfileInput): void {
    const { attacker, firstSeen } = input
    const link = this.#links.get(attacker)
    if (link === undefined) {
      if (this.#policy.registersUnknownAttackers) this.#moveToStub(input, firstSeen, input.lastSeen)
      else this.#links.put(attacker, unlinked(firstSeen))
      return
    }
    if (link.firstSeen === firstSeen) return
    this.#links.put(attacker, { ...link, firstSeen })
    if (link.identity === NO_IDENTITY) return
    const updatedTs = input.lastSeen
    this.#send(link.root, { type: 'join', attacker, firstSeen, updatedTs, cause: 'observation' })
  }

  /** A link came. @returns false: the attacker is unknown, the link is ignored */
  link(input: LinkInput): boolean {
    const { attacker, attackerUuid, cause, identity } = input
    const link = this.#links.get(attacker)
    if (link === undefined && !this.#policy.registersUnknownAttackers) return false
    const root = this.#policy.followsMerges ? input.root : identity
    if (link?.root === root) {
      // A merge further up, or another name for the same: nothing moves.
      if (link.identity !== identity) this.#links.put(attacker, { ...link, identity })
      return true
    }
    const isOwnStub = root === stubIdentity(attackerUuid)
    const firstSeen = link?.firstSeen ?? null
    this.#move(attacker, link?.root ?? NO_IDENTITY, { identity, root, isOwnStub }, firstSeen, cause)
    return true
  }

  #moveToStub(id: AttackerId, firstSeen: number, updatedTs = firstSeen): AttackerLink {
    const root = stubIdentity(id.attackerUuid)
    const stub = { identity: root, root, isOwnStub: true }
    return this.#move(id.attacker, NO_IDENTITY, stub, firstSeen, 'observation', updatedTs)
  }

  /** @param firstSeen null: not known but from the attacker's observations, if there are any */
  #move(
    attacker: ByteString,
    from: string,
    to: Omit<AttackerLink, 'firstSeen'>,
    firstSeen: number | null,
    cause: Cause,
    updatedTs = 0,
  ): AttackerLink {
    let newestTs = updatedTs
    for (const [key, partial] of this.#keptOf(attacker, from)) {
      const primitive = fromByteString(restOf(key))
      newestTs = Math.max(newestTs, unpackSeries(partial, scratch).newestTs)
      if (from !== NO_IDENTITY) this.#send(from, { type: 'retract', attacker, primitive, cause })
      this.#send(to.root, { type: 'contribute', attacker, primitive, partial, cause })
    }
    if (from !== NO_IDENTITY) this.#send(from, { type: 'leave', attacker })
    const link = { ...to, firstSeen: firstSeen ?? newestTs }
    this.#links.put(attacker, link)
    this.#send(to.root, {
      type: 'join',
      attacker,
      firstSeen: link.firstSeen,
      updatedTs: newestTs,
      cause,
    })
    return link
  }

  /** The attacker's partials, by key. */
  #keptOf(attacker: ByteString, from: string): readonly (readonly [ByteString, SeriesPartial])[] {
    // Registered with its first record, an attacker has nothing kept before; and a read of nothing
    // would be a miss for every new attacker.
    if (from === NO_IDENTITY && this.#policy.registersUnknownAttackers) return []
    return this.#partials.group(groupKey(attacker))
  }
}

function unlinked(firstSeen: number): AttackerLink {
  return { identity: NO_IDENTITY, root: NO_IDENTITY, firstSeen, isOwnStub: false }
}
