import type { Codec } from '../../bytes/codec.ts'
import { readSeconds, writeSeconds } from './codecs/seconds-codec.ts'
import { checkVersion } from './codecs/version.ts'

/** A row of `attacker-links`: an attacker that is known, and where it belongs. */
export interface AttackerLink {
  /** The literal link. {@link NO_IDENTITY}: known, but not linked yet (reference policy only). */
  readonly identity: string
  /** The identity that holds the attacker's contributions: where the merge chain ends. */
  readonly root: string
  /** Epoch seconds. */
  readonly firstSeen: number
  /** `root` is the attacker's own stub, so that it probably has it to itself. */
  readonly isOwnStub: boolean
}

export const NO_IDENTITY = ''

const VERSION = 1

/** `01, own stub u8, identity string, root string (empty: the same), first seen seconds` */
export const attackerLinkCodec: Codec<AttackerLink> = {
  encode({ identity, root, firstSeen, isOwnStub }, into) {
    into.u8(VERSION)
    into.u8(isOwnStub ? 1 : 0)
    into.string(identity)
    into.string(root === identity ? '' : root)
    writeSeconds(into, firstSeen)
  },
  decode(from) {
    checkVersion(from, 'attacker link', VERSION)
    const isOwnStub = from.u8() === 1
    const identity = from.string()
    const root = from.string()
    const firstSeen = readSeconds(from)
    return { identity, root: root === '' ? identity : root, firstSeen, isOwnStub }
  },
}
