import type { TechniqueTag } from '../../schemas/cluster-records.ts'
import type { AttackerProfile } from '../../schemas/records.ts'
import type { KeystrokeCounts } from './keystroke-counts.ts'

/**
 * What the `identify` sub-topology is told, through an internal topic of one partition; the layout
 * is drawn in attacker-message-codec.ts.
 *
 * Only the resolve task of attacker x speaks for x, through one ordered producer, so what it says
 * of x arrives in that order. Each message replaces what the one of its type said of x before.
 */
export type AttackerMessage = SeenMessage | ProfileMessage | KeystrokesMessage | SightingMessage

/** The attacker is known, though no profile of it came yet. */
export interface SeenMessage {
  readonly type: 'seen'
  readonly attacker: string
  /** Epoch seconds. */
  readonly firstSeen: number
}

export interface ProfileMessage {
  readonly type: 'profile'
  readonly profile: AttackerProfile
}

/** Of all observations of `motor.digraph_simhash` that are kept of the attacker. */
export interface KeystrokesMessage {
  readonly type: 'keystrokes'
  readonly attacker: string
  readonly keystrokes: KeystrokeCounts
}

/** A technique tag that tells of a decky. Unlike the others it adds to those before. */
export interface SightingMessage {
  readonly type: 'sighting'
  /** The attacker tagged; of a tag without one the identity. */
  readonly anchor: string
  readonly sighting: Pick<TechniqueTag, 'tag_uuid' | 'tactic' | 'created_ts'> & {
    readonly decky_id: string
  }
}
