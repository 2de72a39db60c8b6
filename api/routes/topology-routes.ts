import type { FastifyInstance } from 'fastify'
import type { QueryPort, TaskStatus } from '../../state/query-port.ts'
import type { TopologyDescription } from '../options.ts'
import { metaSchema, withMeta } from '../response-meta.ts'
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
    const tasks = query.tasks()
    return withMeta(reply, { tasks: tasks.map(taskBody) }, tasks)
  })
}

/** Written out already: JSON here, text there. */
const asItIs = (text: unknown): string => text as string

function taskBody(task: TaskStatus): object {
  const { restore } = task
  return {
    task_id: task.taskId,
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

const inputsSchema = metaSchema.properties.positions.items.properties.inputs

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
            required: ['task_id', 'state', 'lag', 'inputs', 'restore'],
            properties: {
              task_id: { type: 'string' },
              state: { type: 'string' },
              lag: { type: 'integer' },
              inputs: inputsSchema,
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
