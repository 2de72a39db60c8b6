import type { ByteString } from '../../bytes/byte-string.ts'
import type { Cause, Value } from '../../schemas/records.ts'
import type { SeriesPartial } from './partial.ts'

/**
 * What the `attribute` sub-topology is told, through an internal topic keyed by identity; the
 * layout is drawn in codecs/identity-message-codec.ts.
 *
 * Only the resolve task of attacker x speaks for x, through one ordered producer: what it says of x
 * to one identity arrives in that order, and no other task takes part in a move.
 */
export type IdentityMessage =
  | ObservationMessage
  | AttributedMessage
  | ContributionMessage
  | RetractMessage
  | TriggerMessage
  | JoinMessage
  | LeaveMessage

interface About {
  readonly attacker: ByteString
  readonly primitive: string
}

/** A new observation of an attacker that resolve keeps. */
export interface ObservationMessage extends About {
  readonly type: 'observation'
  readonly ts: number
  readonly seq: number
  readonly value: Value
  /** The identity probably has other attackers too. A hint. */
  readonly isShared: boolean
}

/** An observation from the public topic `identity.observation`, attributed beforehand. */
export interface AttributedMessage extends About {
  readonly type: 'attributed'
  readonly ts: number
  readonly value: Value
}

/**
 * All of the attacker's observations of the primitive, in place of what was known of them:
 * `replace` after an overwrite, evaluated at once; `contribute` after a link, as a move.
 */
export interface ContributionMessage extends About {
  readonly type: 'replace' | 'contribute'
  readonly partial: SeriesPartial
  readonly cause: Cause
}

/** The attacker's observations of the primitive are no longer this identity's. */
export interface RetractMessage extends About {
  readonly type: 'retract'
  readonly cause: Cause
}

/** Evaluate, though nothing is new. */
export interface TriggerMessage extends About {
  readonly type: 'trigger'
}

/** The attacker belongs to the identity now. */
export interface JoinMessage {
  readonly type: 'join'
  readonly attacker: ByteString
  readonly firstSeen: number
  /** Event time of its newest observation known at that moment. */
  readonly updatedTs: number
  readonly cause: Cause
}

export interface LeaveMessage {
  readonly type: 'leave'
  readonly attacker: ByteString
}

/** A message as it arrived. */
export type ReceivedMessage = IdentityMessage & {
  readonly identity: ByteString
  /** Key of the row it is about: the profile's (identity, primitive), or the member's. */
  readonly rowKey: ByteString
}
