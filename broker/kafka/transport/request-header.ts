import type { Api } from '../wire/api.ts'

const API_VERSIONS_KEY = 18

/** Length, api key, version, correlation id, length of the client id. */
const FIXED_BYTES = 4 + 2 + 2 + 4 + 2

/**
 * The bytes before a request's body: the length of all that follows, then the header.
 *
 * Source: Kafka protocol guide, request header v1, and v2 for flexible versions (KIP-482).
 */
export function requestHeader(
  api: Api<never, unknown>,
  correlationId: number,
  clientId: Buffer,
  bodyBytes: number,
): Buffer {
  const bytes = FIXED_BYTES + clientId.length + (api.isFlexible ? 1 : 0)
  const header = Buffer.allocUnsafe(bytes)
  header.writeInt32BE(bytes - 4 + bodyBytes, 0)
  header.writeInt16BE(api.key, 4)
  header.writeInt16BE(api.version, 6)
  header.writeInt32BE(correlationId, 8)
  // The client id stays in the old form even in flexible headers.
  header.writeInt16BE(clientId.length, 12)
  header.set(clientId, FIXED_BYTES)
  if (api.isFlexible) header[bytes - 1] = 0
  return header
}

/** ApiVersions is answered with the oldest header, since the client may not know a newer one. */
export function answerHasTags(api: Api<never, unknown>): boolean {
  return api.isFlexible && api.key !== API_VERSIONS_KEY
}

export function isApiVersions(api: Api<never, unknown>): boolean {
  return api.key === API_VERSIONS_KEY
}
