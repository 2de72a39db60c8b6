import {
  type ByteString,
  fromByteString,
  KEY_SEPARATOR,
  toByteString,
} from '../../bytes/byte-string.ts'
import type { Evidence, EvidenceKind } from './evidence.ts'

/** Keys of the stores of the incremental clusterer. Attackers' ids hold no separator. */

const ESCAPE = '\u0001'
const ESCAPED_SEPARATOR = '\u0001\u0001'
const ESCAPED_ESCAPE = '\u0001\u0002'

/**
 * `kind letter, value`, where the value's bytes 0 and 1 are written as 01 01 and 01 02: values come
 * from attackers, and one with a separator in it must not reach into another's posting list.
 */
export function evidenceRowKey({ kind, value }: Evidence): ByteString {
  // The escape byte first, or what it stands for would be escaped again.
  const escaped = value
    .replaceAll(ESCAPE, ESCAPED_ESCAPE)
    .replaceAll(KEY_SEPARATOR, ESCAPED_SEPARATOR)
  return kind + toByteString(escaped)
}

export function evidenceOfRowKey(key: ByteString): Evidence {
  const value = fromByteString(key.slice(1)).replace(/\u0001([\u0001\u0002])/g, (_, escaped) =>
    escaped === ESCAPE ? KEY_SEPARATOR : ESCAPE,
  )
  return { kind: key[0] as EvidenceKind, value }
}

/** The posting list of a value: `its row key, 00`, then a holder. */
export function postingGroup(evidence: Evidence): ByteString {
  return evidenceRowKey(evidence) + KEY_SEPARATOR
}

/** The component of a root: `root, 00`, then a member. */
export function componentGroup(root: ByteString): ByteString {
  return root + KEY_SEPARATOR
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
