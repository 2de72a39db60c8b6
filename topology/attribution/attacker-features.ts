import type { AttackerMessage } from '../clustering/attacker-message.ts'
import {
  type KeystrokeCounts,
  NO_KEYSTROKES,
  withKeystroke,
} from '../clustering/keystroke-counts.ts'
import { type ByteString, fromByteString } from '../../bytes/byte-string.ts'
import type { Value } from '../../schemas/records.ts'
import type { KeyValueStore } from '../store.ts'
import type { ObservationInput, ProfileInput, TagInput } from './resolve-input.ts'

/** The primitive that tells hands apart: an identity has the centre of its attackers' hashes. */
export const KEYSTROKE_HASH = 'motor.digraph_simhash'

/** Sends a message to the clusterer. */
export type SendToClusterer = (key: string, message: AttackerMessage) => void

/**
 * What the clusterer is told of the attackers of one task, through the producer that carries their
 * observations.
 *
 * T1. Counts are of the hashes that were counted into the attacker's partial: what an overwrite
 *     replaces is taken out, what retention removes is not.
 * T2. Counts go out once an attacker and batch, so a session of many hashes is one message.
 */
export class AttackerFeatures {
  readonly #keystrokes: KeyValueStore<KeystrokeCounts>
  readonly #send: SendToClusterer
  readonly #atBatchEnd: (attacker: ByteString) => void

  constructor(
    keystrokes: KeyValueStore<KeystrokeCounts>,
    send: SendToClusterer,
    atBatchEnd: (attacker: ByteString) => void,
  ) {
    this.#keystrokes = keystrokes
    this.#send = send
    this.#atBatchEnd = atBatchEnd
  }

  seen(attacker: string, firstSeen: number): void {
    this.#send(attacker, { type: 'seen', attacker, firstSeen })
  }

  profile({ attackerUuid, profile }: ProfileInput): void {
    if (profile !== null) this.#send(attackerUuid, { type: 'profile', profile })
  }

  /** @returns false: the tag names no decky, and so tells nothing */
  tag({ attackerUuid, tag }: TagInput): boolean {
    const { decky_id } = tag
    if (decky_id === null) return false
    const sighting = { ...tag, decky_id }
    this.#send(attackerUuid, { type: 'sighting', anchor: attackerUuid, sighting })
    return true
  }

  /** @param replaced what was observed under this reference before; undefined: nothing */
  observed({ attacker, primitive, value }: ObservationInput, replaced: Value | undefined): void {
    if (primitive !== KEYSTROKE_HASH || value === replaced) return
    const before = this.#keystrokes.get(attacker) ?? NO_KEYSTROKES
    const after = withKeystroke(withKeystroke(before, replaced, -1), value, 1)
    if (after === before) return
    this.#keystrokes.put(attacker, after)
    this.#atBatchEnd(attacker)
  }

  batchEnd(key: ByteString): void {
    const keystrokes = this.#keystrokes.get(key)
    if (keystrokes === undefined) return
    const attacker = fromByteString(key)
    this.#send(attacker, { type: 'keystrokes', attacker, keystrokes })
  }
}
