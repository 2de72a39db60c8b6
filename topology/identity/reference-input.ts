import type { AttackerMessage } from '../clustering/attacker-message.ts'

/**
 * What the reference's tables hold beyond what the product is told: rows as they are, with literal
 * links and fingerprints of other shapes. Only its vectors send them.
 */
export type ReferenceEdit = AttackerEdit | IdentityEdit

export interface AttackerEdit {
  readonly type: 'attacker-row'
  readonly attacker: string
  /** What is absent stays as it was. */
  readonly firstSeen?: number
  readonly identity?: string | null
  readonly fingerprints?: unknown
}

/** An identity appears, not merged. */
export interface IdentityEdit {
  readonly type: 'identity-row'
  readonly identity: string
}

export type ReferenceInput = AttackerMessage | ReferenceEdit
