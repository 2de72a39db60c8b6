import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ApiError } from './errors.ts'

type Limiter = ReturnType<FastifyInstance['createRateLimit']>

const MINUTE_MS = 60_000

/**
 * How often one address may ask: at all, and with a wrong token.
 *
 * The address is that of the connection (trustProxy is off: a header could name any), so behind a
 * proxy all clients share one allowance; the limits are set for that.
 */
export class RateLimits {
  private requests!: Limiter
  private failedLogins!: Limiter

  constructor(
    app: FastifyInstance,
    limits: { requestsPerMinuteMax: number; failedLoginsPerMinuteMax: number },
  ) {
    app.register(rateLimit, { global: false })
    app.after(() => {
      const window = { timeWindow: MINUTE_MS }
      this.requests = app.createRateLimit({ ...window, max: limits.requestsPerMinuteMax })
      this.failedLogins = app.createRateLimit({ ...window, max: limits.failedLoginsPerMinuteMax })
    })
  }

  /** @throws {ApiError} TOO_MANY_REQUESTS */
  async countRequest(request: FastifyRequest): Promise<void> {
    await count(this.requests, request)
  }

  /** @throws {ApiError} TOO_MANY_REQUESTS */
  async countFailedLogin(request: FastifyRequest): Promise<void> {
    await count(this.failedLogins, request)
  }
}

async function count(limiter: Limiter, request: FastifyRequest): Promise<void> {
  const verdict = await limiter(request)
  if (!verdict.isAllowed && verdict.isExceeded) throw new ApiError('TOO_MANY_REQUESTS')
}
