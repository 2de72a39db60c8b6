import type { FastifyInstance } from 'fastify'
import type { InstanceDescription, QueryPort, TaskStatus } from '../../state/query-port.ts'
import type { TopologyDescription } from '../options.ts'
import { activeTasks, metaSchema, positionSchema, withMeta } from '../response-meta.ts'
import { emptyQuery, errorResponses } from '../route-schemas.ts'

type Format = keyof TopologyDescription

const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  dot: 'text/vnd.graphviz; charset=utf-8',
  mermaid: 'text/vnd.mermaid; charset=utf-8',
}

/** What is computed, and how far each task of it is. */
export function topologyRoutes(
  app: FastifyInstance,
  query: QueryPort,
  description: TopologyDescription,
): void {
  app.get<{ Querystring: { format: Format } }>(
    '/topology',
    { schema: topologyRoute },
    ({ query: { format } }, reply) => {
      const body = format === 'json' ? JSON.stringify(description.json) : description[format]
      return reply.type(contentTypes[format]).serializer(asItIs).send(body)
    },
  )

  app.get('/tasks', { schema: tasksRoute }, (_request, reply) => {
    return withMeta(reply, { tasks: query.tasks().map(taskBody) }, activeTasks(query))
  })

  app.get('/instances', { schema: instancesRoute }, () => ({
    instances: query.instances().map(instanceBody),
  }))
}

/** Written out already: JSON here, text there. */
const asItIs = (text: unknown): string => text as string

function taskBody(task: TaskStatus): object {
  const { restore } = task
  return {
    task_id: task.taskId,
    role: task.role,
    state: task.state,
    lag: task.lag,
    inputs: task.inputs,
    restore:
      restore === null
        ? null
        : {
            restored_records: restore.restoredRecords,
            total_records: restore.totalRecords,
            records_per_second: restore.recordsPerSecond,
            remaining_ms: restore.remainingMs,
          },
  }
}

function instanceBody(instance: InstanceDescription): object {
  const { active, endpoint, isSelf, memberId, standby } = instance
  return { member_id: memberId, endpoint, is_self: isSelf, active, standby }
}

const text = { schema: { type: 'string' } }

const topologyRoute = {
  operationId: 'getTopology',
  summary: 'The topology: its sub-topologies, nodes, stores and topics',
  tags: ['operations'],
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      format: { type: 'string', enum: ['json', 'text', 'dot', 'mermaid'], default: 'json' },
    },
  },
  response: {
    200: {
      description: 'The topology in the format asked for.',
      content: {
        'application/json': { schema: {} },
        'text/plain': text,
        'text/vnd.graphviz': text,
        'text/vnd.mermaid': text,
      },
    },
    ...errorResponses,
  },
}

const restoreSchema = {
  type: ['object', 'null'],
  description: 'Null: not restoring.',
  required: ['restored_records', 'total_records', 'records_per_second', 'remaining_ms'],
  properties: {
    restored_records: { type: 'integer' },
    total_records: { type: 'integer' },
    records_per_second: { type: 'number' },
    remaining_ms: { type: ['number', 'null'], description: 'Null: no rate is known yet.' },
  },
}

const tasksRoute = {
  operationId: 'listTasks',
  summary: 'The tasks of this instance: state, positions, lag, restore progress',
  tags: ['operations'],
  querystring: emptyQuery,
  response: {
    200: {
      description: 'Every task.',
      type: 'object',
      required: ['tasks', 'meta'],
      properties: {
        tasks: {
          type: 'array',
          items: {
            type: 'object',
            required: ['task_id', 'role', 'state', 'lag', 'inputs', 'restore'],
            properties: {
              task_id: { type: 'string' },
              role: positionSchema.properties.role,
              state: { type: 'string' },
              lag: {
                type: 'integer',
                description: 'Input records to come; of a standby, changelog records to come.',
              },
              inputs: positionSchema.properties.inputs,
              restore: restoreSchema,
            },
          },
        },
        meta: metaSchema,
      },
    },
    ...errorResponses,
  },
}

const taskIdsSchema = { type: 'array', items: { type: 'string' } }

const instancesRoute = {
  operationId: 'listInstances',
  summary: 'The instances that have tasks, and which, as of the newest assignment',
  tags: ['operations'],
  querystring: emptyQuery,
  response: {
    200: {
      description: 'Every instance that has a task; none before the first assignment.',
      type: 'object',
      required: ['instances'],
      properties: {
        instances: {
          type: 'array',
          items: {
            type: 'object',
            required: ['member_id', 'endpoint', 'is_self', 'active', 'standby'],
            properties: {
              member_id: { type: 'string' },
              endpoint: {
                type: ['string', 'null'],
                description: 'Where it is reached; null: it did not say (APPLICATION_SERVER).',
              },
              is_self: { type: 'boolean', description: 'It is the one that answers.' },
              active: { ...taskIdsSchema, description: 'Tasks it owns.' },
              standby: { ...taskIdsSchema, description: 'Tasks it has a copy of.' },
            },
          },
        },
      },
    },
    ...errorResponses,
  },
}
