import type { ByteString } from '../bytes/byte-string.ts'
import { ApiError } from './errors.ts'

/**
 * Where a page ended: the key of its last row, as URL-safe text.
 *
 * Clients must take it as opaque. It names a key, not a place, so rows that come or go between
 * pages neither repeat nor hide others.
 */
export function cursorOf(key: ByteString): string {
  return Buffer.from(key, 'latin1').toString('base64url')
}

/** @throws {ApiError} INVALID_CURSOR: not a cursor, or of a list with another prefix */
export function keyOfCursor(cursor: string, prefix: ByteString): ByteString {
  const key = Buffer.from(cursor, 'base64url').toString('latin1')
  if (cursorOf(key) !== cursor || !key.startsWith(prefix)) throw new ApiError('INVALID_CURSOR')
  return key
}
