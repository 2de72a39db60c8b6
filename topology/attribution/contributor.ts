import type { ByteString } from '../../bytes/byte-string.ts'

/**
 * Whose observations a series holds: one contributor's, and then its contribution is the series
 * itself; or those of several, whose contributions are rows of their own.
 *
 * An attacker's id (resolve keeps that series, and may move it), {@link PUBLIC_CONTRIBUTOR} or
 * {@link SEVERAL_CONTRIBUTORS}.
 */
export type Contributor = ByteString

/**
 * All observations of the topic `identity.observation` together: attributed beforehand, they stay
 * whatever resolve moves. Ids have no control characters, so it is no attacker's.
 */
export const PUBLIC_CONTRIBUTOR: Contributor = '\u0001'
export const SEVERAL_CONTRIBUTORS: Contributor = ''

/**
 * Where the sequence numbers of `identity.observation` start, so that such an observation of
 * attacker x never coincides with one of resolve's.
 */
export const PUBLIC_SEQ_START = 2 ** 48
