import type { FastifyInstance } from 'fastify'
import { emptyQuery, errorResponses } from '../route-schemas.ts'

/** Where a newcomer lands: what this is, and the document that describes all of it. */
export function documentRoutes(app: FastifyInstance): void {
  app.get('/', { schema: rootRoute }, () => ({
    name: 'attribution-streams',
    next: {
      '/openapi.json': 'every route',
      '/api/v1/identities': 'who was seen, newest first',
      '/api/v1/multi-actor': 'identities with more than one pair of hands behind them',
      '/api/v1/events': 'what happens, as it happens (server-sent events)',
      '/api/v1/tasks': 'how far each task is',
      '/api/v1/topology?format=text': 'what is computed',
    },
  }))

  app.get('/openapi.json', { schema: openapiRoute }, () => app.swagger())
}

const rootRoute = {
  operationId: 'getRoot',
  summary: 'Where to go next',
  tags: ['documents'],
  querystring: emptyQuery,
  response: {
    200: {
      description: 'Names and paths.',
      type: 'object',
      required: ['name', 'next'],
      properties: {
        name: { type: 'string' },
        next: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    ...errorResponses,
  },
}

const openapiRoute = {
  operationId: 'getOpenApi',
  summary: 'This document',
  tags: ['documents'],
  querystring: emptyQuery,
  response: {
    200: { description: 'OpenAPI 3.1.', type: 'object', additionalProperties: true },
    ...errorResponses,
  },
}
