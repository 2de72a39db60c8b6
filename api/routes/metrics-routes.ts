import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { processMetrics, type HttpMetrics } from '../http-metrics.ts'
import { emptyQuery, errorResponses } from '../route-schemas.ts'

/** Metrics of the process, of HTTP and of the runtime, for Prometheus. */
export function metricsRoutes(app: FastifyInstance, http: HttpMetrics, runtime: Registry): void {
  app.get('/metrics', { schema: route }, async (_request, reply) => {
    // Who reads the page finds what matters first.
    const merged = Registry.merge([runtime, http.registry, processMetrics()])
    return reply.type(merged.contentType).send(await merged.metrics())
  })
}

const route = {
  operationId: 'getMetrics',
  summary: 'Metrics in the Prometheus text format',
  tags: ['operations'],
  querystring: emptyQuery,
  response: {
    200: {
      description: 'Prometheus text format 0.0.4.',
      content: { 'text/plain': { schema: { type: 'string' } } },
    },
    ...errorResponses,
  },
}
