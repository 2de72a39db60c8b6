import type { FastifyInstance } from 'fastify'
import type { QueryPort, TaskStatus } from '../../state/query-port.ts'
import { emptyQuery, errorResponses } from '../route-schemas.ts'

/**
 * Probes, open to all: whether the process lives, and whether it can answer.
 *
 * Restoring is alive but not ready: who restarts a restoring process makes it begin again.
 */
export function healthRoutes(app: FastifyInstance, query: QueryPort, closing: AbortSignal): void {
  app.get('/livez', { schema: livezRoute, config: { access: 'public' } }, () => ({ live: true }))

  app.get('/readyz', { schema: readyzRoute, config: { access: 'public' } }, (_request, reply) => {
    const reasons = closing.aborted ? ['shutting down'] : notReady(query)
    if (reasons.length > 0) reply.code(503).header('retry-after', '1')
    return { ready: reasons.length === 0, reasons }
  })
}

/** States whose tasks answer queries; a word may follow, such as `running (retrying)`. */
const answering = /^running\b/

/** With more instances than tasks some have none, and answer through the others. */
function notReady(query: QueryPort): string[] {
  const tasks = query.tasks().filter(({ role }) => role === 'active')
  if (tasks.length === 0 && query.instances().length === 0) return ['no task is assigned yet']
  return tasks.filter(({ state }) => !answering.test(state)).map(reasonOf)
}

function reasonOf({ taskId, state, restore }: TaskStatus): string {
  if (restore === null) return `task ${taskId} is ${state}`
  return `task ${taskId} is ${state}: ${restore.restoredRecords} of ${restore.totalRecords} records`
}

const livezRoute = {
  operationId: 'livez',
  summary: 'Whether the process lives',
  tags: ['operations'],
  security: [],
  querystring: emptyQuery,
  response: {
    200: {
      description: 'It does.',
      type: 'object',
      required: ['live'],
      properties: { live: { type: 'boolean' } },
    },
    ...errorResponses,
  },
}

const readiness = {
  type: 'object',
  required: ['ready', 'reasons'],
  properties: {
    ready: { type: 'boolean' },
    reasons: { type: 'array', items: { type: 'string' }, description: 'Why not; empty: ready.' },
  },
}

const readyzRoute = {
  operationId: 'readyz',
  summary: 'Whether every task of this instance answers queries',
  tags: ['operations'],
  security: [],
  querystring: emptyQuery,
  response: {
    200: { description: 'Ready.', ...readiness },
    503: { description: 'Not ready, and why.', ...readiness },
    '4xx': { $ref: 'Error#' },
  },
}
