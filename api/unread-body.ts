import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Ends the connection with the answer when the body was not read to its end.
 *
 * Node would read on and discard, to find the next request: what is left could be endless.
 */
export function closeUnlessRead({ raw, headers }: FastifyRequest, reply: FastifyReply): void {
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (hasBody && !raw.readableEnded) reply.header('connection', 'close')
}
