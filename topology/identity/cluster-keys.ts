import { type ByteString, KEY_SEPARATOR } from '../../bytes/byte-string.ts'
import { escapedText, unescapedText } from '../clustering/escaped-text.ts'
import type { Evidence, EvidenceKind } from './evidence.ts'

/** Keys of the stores of the incremental clusterer. Attackers' ids hold no separator. */

/** `kind letter, escaped value` */
export function evidenceRowKey({ kind, value }: Evidence): ByteString {
  return kind + escapedText(value)
}

export function evidenceOfRowKey(key: ByteString): Evidence {
  return { kind: key[0] as EvidenceKind, value: unescapedText(key.slice(1)) }
}

/** The posting list of a value: `its row key, 00`, then a holder. */
export function postingGroup(evidence: Evidence): ByteString {
  return evidenceRowKey(evidence) + KEY_SEPARATOR
}

/** The component of a root: `root, 00`, then a member. */
export function componentGroup(root: ByteString): ByteString {
  return root + KEY_SEPARATOR
}

/** The root's own row of its component. */
export function componentHeadKey(root: ByteString): ByteString {
  return componentGroup(root) + root
}

/** What follows the separator: the holder, or the member. */
export function attackerOf(key: ByteString): ByteString {
  return key.slice(key.indexOf(KEY_SEPARATOR) + 1)
}

/**
 * Rows of what the next announcement must look at, all in one group so that one range reads them:
 * `p`, a letter, and an attacker or a value's key.
 */
export const PENDING: ByteString = 'p'
/** An attacker whose root is not announced. */
export const PENDING_ATTACKERS: ByteString = 'pa'
/** A value that may have become generic, or specific again. */
export const PENDING_EVIDENCE: ByteString = 'pe'
/** An attacker of which something changed that its identity tells. */
export const PENDING_TOUCHED: ByteString = 'pt'

export function pendingGroupOf(): ByteString {
  return PENDING
}

/** What follows the letters. */
export function pendingOf(key: ByteString): ByteString {
  return key.slice(PENDING_ATTACKERS.length)
}
