import { setMaxListeners } from 'node:events'
import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import type { Server } from 'node:http'
import fastify, { LogController, type FastifyHttpOptions, type FastifyInstance } from 'fastify'
import { PUBLIC_TOPICS } from '../schemas/topics.ts'
import { BearerTokens } from './bearer-tokens.ts'
import { answerClientError, answerError } from './error-answers.ts'
import { ApiError } from './errors.ts'
import { EventStreams } from './events/event-streams.ts'
import { EventTopics } from './events/event-types.ts'
import { HttpMetrics } from './http-metrics.ts'
import { foldCampaigns } from './campaign-listing.ts'
import { foldIdentities } from './identity-listing.ts'
import { Listings } from './listings.ts'
import { defaultLimits, type ApiLimits, type ApiOptions, type ApiTls } from './options.ts'
import { PeerGate } from './peer/peer-gate.ts'
import { peerRoutes } from './peer/peer-routes.ts'
import { RateLimits } from './rate-limits.ts'
import { guardRequest, LOCAL_CALLER } from './request-guards.ts'
import { errorSchema } from './route-schemas.ts'
import { attackerRoutes } from './routes/attacker-routes.ts'
import { campaignRoutes } from './routes/campaign-routes.ts'
import { deadLetterRoutes } from './routes/dead-letter-routes.ts'
import { documentRoutes } from './routes/document-routes.ts'
import { eventRoutes } from './routes/event-routes.ts'
import { familyEventRoutes } from './routes/family-event-routes.ts'
import { explainRoutes } from './routes/explain-routes.ts'
import { healthRoutes } from './routes/health-routes.ts'
import { identityRoutes } from './routes/identity-routes.ts'
import { ingestRoutes } from './routes/ingest-routes.ts'
import { metricsRoutes } from './routes/metrics-routes.ts'
import { multiActorRoutes } from './routes/multi-actor-routes.ts'
import { storeRoutes } from './routes/store-routes.ts'
import { topologyRoutes } from './routes/topology-routes.ts'
import { workerRoutes } from './routes/worker-routes.ts'
import { assertSafeBinding } from './safe-binding.ts'
import { strictValidatorCompiler } from './strict-validation.ts'
import { closeUnlessRead } from './unread-body.ts'

/** The server: `listen`, `close`, and `inject` for tests. */
export type Api = FastifyInstance

/**
 * The HTTP surface, ready to listen on `options.host`.
 *
 * Order of a request: closing? → host, origin, token (request-guards.ts) → rate → schema →
 * handler. `close()` ends event streams and uploads first, so that they do not hold it up.
 * @throws {UnsafeBindingError} a host that others can reach, and no token
 * @throws {TokenConfigError}
 */
export function createApi(options: ApiOptions): Api {
  assertSafeBinding(options.host, options.tokens)
  const tokens = new BearerTokens(options.tokens)
  const limits = { ...defaultLimits, ...options.limits }
  const metrics = new HttpMetrics()
  const closing = new AbortController()
  // One listener an upload, of which there may be many and not endlessly many.
  setMaxListeners(limits.uploadsMax, closing.signal)
  const streams = new EventStreams({
    feed: options.events,
    topics: new EventTopics(options.observationTopics ?? [PUBLIC_TOPICS.observation]),
    limits,
    observer: metrics.streamObserver,
  })

  const app = newServer(options, limits)
  app.setValidatorCompiler(strictValidatorCompiler())
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(() => {
    throw new ApiError('UNKNOWN_ROUTE')
  })
  app.addSchema(errorSchema)
  app.addHook('preClose', async () => {
    closing.abort()
    await streams.closeAll()
  })
  app.addHook('onSend', async (request, reply) => closeUnlessRead(request, reply))
  measureRequests(app, metrics)
  registerHeaders(app)
  guardRequests(app, tokens, limits, closing.signal)
  registerDocument(app)
  app.register((scope, _options, done) => {
    registerRoutes(scope, { options, limits, metrics, streams, closing: closing.signal })
    done()
  })
  return app
}

function newServer(options: ApiOptions, limits: ApiLimits): FastifyInstance {
  return fastify({
    ...(options.logger === undefined ? {} : { loggerInstance: options.logger }),
    // A line per request would drown the log of a server that is asked every second.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: false,
    bodyLimit: limits.bodyBytesMax,
    connectionTimeout: limits.connectionIdleTimeoutMs,
    // Of the whole request, so it would cut uploads, which have no limit; heads have their own,
    // and bodies end when nothing comes for a while (ingest/stream-reader.ts).
    requestTimeout: 0,
    ...connectionOptions(options.tls, {
      headersTimeout: limits.requestHeadTimeoutMs,
      maxHeaderSize: 16 * 1024,
    }),
    // Answered by our own hook, in the shape of all errors.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 2048 },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      closeUnlessRead(request, reply)
      answerError(error, request, reply)
    },
  })
}

/**
 * TLS asks clients for a certificate and lets those in that have none: they show a token. Whether
 * it is that of an instance is looked at where it matters (peer/peer-gate.ts).
 */
function connectionOptions(tls: ApiTls | undefined, http: object): FastifyHttpOptions<Server> {
  if (tls === undefined) return { http }
  const { cert, clientCa, key } = tls
  const client =
    clientCa === null ? {} : { requestCert: true, rejectUnauthorized: false, ca: clientCa }
  // Fastify types a server by its protocol; nothing here or above depends on which it is.
  return { https: { ...http, cert, key, ...client } } as FastifyHttpOptions<Server>
}

function measureRequests(app: FastifyInstance, metrics: HttpMetrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method } = request
    const route = request.routeOptions.url ?? 'unknown'
    metrics.requests.inc({ method, route, status: String(reply.statusCode) })
    metrics.duration.observe({ method, route }, reply.elapsedTime / 1000)
    request.log.debug({ method, route, status: reply.statusCode }, 'request answered')
    done()
  })
}

function registerHeaders(app: FastifyInstance): void {
  app.register(helmet, {
    // Nothing here is a page: nothing may be loaded, framed or run.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // TLS ends elsewhere, and only whoever ends it may promise it.
    hsts: false,
  })
}

function guardRequests(
  app: FastifyInstance,
  tokens: BearerTokens,
  limits: ApiLimits,
  closing: AbortSignal,
): void {
  const rates = new RateLimits(app, limits)
  app.decorateRequest('caller', LOCAL_CALLER)
  app.addHook('onRequest', async (request) => {
    // Probes are answered to the end: that is what tells others that this is the end.
    const probe = request.routeOptions.config.access === 'public'
    if (closing.aborted && !probe) throw new ApiError('SHUTTING_DOWN')
    try {
      guardRequest(request, tokens)
    } catch (error) {
      if ((error as ApiError).code === 'UNAUTHENTICATED') await rates.countFailedLogin(request)
      throw error
    }
    // Other instances pass on what their clients ask, who are counted there.
    const counted = !probe && request.routeOptions.config.access !== 'peer'
    if (counted) await rates.countRequest(request)
  })
}

function registerDocument(app: FastifyInstance): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'attribution-streams',
        description: 'Who is behind the sessions of intrusion sensors, and when the hands change.',
        version: '1',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      // Either: a loopback server without configured tokens asks for none.
      security: [{ token: [] }, {}],
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, i) =>
        typeof $id === 'string' ? $id : `schema-${i}`,
    },
  })
}

interface RouteContext {
  readonly options: ApiOptions
  readonly limits: ApiLimits
  readonly metrics: HttpMetrics
  readonly streams: EventStreams
  readonly closing: AbortSignal
}

function registerRoutes(root: FastifyInstance, context: RouteContext): void {
  const { options, limits, metrics, streams, closing } = context
  const { query, ingest, encodeControl, encoders, clock } = options
  const listings = {
    identities: new Listings((bounds) => foldIdentities(query, bounds), clock),
    campaigns: new Listings((bounds) => foldCampaigns(query, bounds), clock),
  }
  documentRoutes(root)
  healthRoutes(root, query, closing)
  metricsRoutes(root, metrics, options.metrics)
  const { peer } = options
  if (peer !== undefined) {
    root.register((app, _options, done) => {
      peerRoutes(app, peer.service, new PeerGate(peer, clock))
      done()
    })
  }
  root.register(
    (app, _options, done) => {
      attackerRoutes(app, query)
      explainRoutes(app, query, options.explain)
      identityRoutes(app, query, listings.identities)
      campaignRoutes(app, query, listings.campaigns)
      multiActorRoutes(app, query, limits.rowsExaminedMax)
      eventRoutes(app, query, streams)
      familyEventRoutes(app, query, streams, listings)
      storeRoutes(app, query)
      topologyRoutes(app, query, options.topologyDescription)
      deadLetterRoutes(app, options.deadLetters)
      ingestRoutes(app, { ingest, encoders, limits, clock, lines: metrics.lines, closing })
      done()
    },
    { prefix: '/api/v1' },
  )
  // In a scope of their own: no other route takes JSON.
  root.register(
    (app, _options, done) => {
      workerRoutes(app, { query, ingest, encodeControl, clock })
      done()
    },
    { prefix: '/api/v1' },
  )
}
