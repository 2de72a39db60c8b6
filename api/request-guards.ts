import type { FastifyRequest } from 'fastify'
import { allows, type BearerTokens, type Scope } from './bearer-tokens.ts'
import { ApiError } from './errors.ts'
import { isLoopback } from './safe-binding.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; one that does not say needs `read`. `peer`: see peer-gate.ts. */
    access?: Scope | 'public' | 'peer'
  }

  interface FastifyRequest {
    /** Name of the token that the request came with; {@link LOCAL_CALLER} where none is asked. */
    caller: string
  }
}

export const LOCAL_CALLER = 'local'

/**
 * Refuses a request before anything of it is read.
 *
 * G1. Default deny: where tokens are configured every route needs one, unknown routes too (their
 *     404 would tell which exist), except those marked public and those of other instances, which
 *     have a gate of their own.
 * G2. Without tokens the loopback address is the only fence, and a web page can reach through it:
 *     by DNS rebinding (its own name resolved to 127.0.0.1) the browser would let the page read
 *     the answers. Such a request still carries the page's name as Host, so only loopback names
 *     are served.
 * G3. A page may also send what it cannot read. NDJSON is not a CORS-simple type, so a browser
 *     asks first and gets no leave; for clients of lesser manners the Origin is checked as well.
 */
export function guardRequest(request: FastifyRequest, tokens: BearerTokens): void {
  const access = request.routeOptions.config.access ?? 'read'
  if (!tokens.configured) guardHost(request)
  if (request.method !== 'GET' && request.method !== 'HEAD') guardOrigin(request)
  if (!tokens.configured || access === 'public' || access === 'peer') return
  const caller = tokens.callerOf(request.headers.authorization)
  if (caller === null) throw new ApiError('UNAUTHENTICATED')
  if (!allows(caller.scopes, access)) {
    throw new ApiError('FORBIDDEN', `this route needs a token with the scope ${access}`)
  }
  request.caller = caller.name
}

function guardHost(request: FastifyRequest): void {
  const name = (request.headers.host ?? '').replace(/:[0-9]*$/, '')
  if (!isLoopback(name)) throw new ApiError('HOST_NOT_ALLOWED')
}

function guardOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers
  if (origin === undefined) return
  if (origin !== `http://${host ?? ''}` && origin !== `https://${host ?? ''}`) {
    throw new ApiError('CROSS_ORIGIN')
  }
}
