import type { FastifyInstance } from 'fastify'
import { toByteString } from '../../bytes/byte-string.ts'
import {
  isWorkerName,
  WORKER_ACTIONS,
  WORKERS,
  type WorkerAction,
  type WorkerName,
} from '../../schemas/worker-records.ts'
import type { Answer, IngestPort, QueryBounds, QueryPort } from '../../state/query-port.ts'
import { workerStoreName, type WorkerStateRow } from '../../state/worker-rows.ts'
import { ApiError } from '../errors.ts'
import { acceptJson } from '../json-body.ts'
import { boundsOf, boundsQuery, type BoundsQuery } from '../query-bounds.ts'
import { joined, metaSchema, positionSchema, withMeta } from '../response-meta.ts'
import { emptyQuery, errorResponses } from '../route-schemas.ts'
import type { WorkerControlEncoder } from '../worker-control-encoder.ts'

export interface WorkerRoutesOptions {
  readonly query: QueryPort
  readonly ingest: IngestPort
  readonly encodeControl: WorkerControlEncoder
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

interface WorkerParams {
  readonly worker: string
}

/** The workers: how they are, and telling them to pause, resume or run. */
export function workerRoutes(app: FastifyInstance, options: WorkerRoutesOptions): void {
  const { clock, encodeControl, ingest, query } = options
  acceptJson(app)

  app.get('/workers', { schema: listRoute }, async (_request, reply) => {
    const rows = await Promise.all(workersOf(query).map((worker) => readWorker(query, worker)))
    return withMeta(reply, { workers: rows.map(({ value }) => value) }, joined(...rows))
  })

  app.get<{ Params: WorkerParams; Querystring: BoundsQuery }>(
    '/workers/:worker',
    { schema: getRoute },
    async ({ params, query: asked }, reply) => {
      const bounds = boundsOf(asked)
      const row = await readWorker(query, knownWorker(query, params.worker), bounds)
      return withMeta(reply, row.value, row, bounds)
    },
  )

  app.post<{ Params: WorkerParams; Body: { action: WorkerAction } }>(
    '/workers/:worker/control',
    { schema: controlRoute, config: { access: 'admin' } },
    async (request) => {
      const worker = knownWorker(query, request.params.worker)
      const { action } = request.body
      const timestampMs = clock()
      const control = { action, requested_by: request.caller, ts: timestampMs / 1000 }
      const { topic, value } = encodeControl(worker, control)
      try {
        const positions = await ingest.append(topic, [{ key: worker, value, timestampMs }])
        return { worker, ...control, positions }
      } catch (error) {
        request.log.error({ err: error, worker, action }, 'a worker could not be told')
        throw new ApiError('INGEST_FAILED', undefined, { cause: error })
      }
    },
  )
}

/** Those of the topology: without a clusterer there are none. */
function workersOf(query: QueryPort): WorkerName[] {
  const stores = new Set(query.stores().map(({ name }) => name))
  return WORKERS.filter((worker) => stores.has(workerStoreName(worker)))
}

function knownWorker(query: QueryPort, worker: string): WorkerName {
  if (isWorkerName(worker) && workersOf(query).includes(worker)) return worker
  throw new ApiError('UNKNOWN_WORKER')
}

async function readWorker(
  query: QueryPort,
  worker: WorkerName,
  bounds: QueryBounds = {},
): Promise<Answer<object>> {
  const key = toByteString(worker)
  const store = workerStoreName(worker)
  const answer = await query.get<WorkerStateRow>(store, worker, key, bounds)
  return { ...answer, value: workerBody(worker, answer.value) }
}

/** @param row undefined: it has just come to be, and has done nothing yet */
function workerBody(worker: WorkerName, row: WorkerStateRow | undefined): object {
  const { lastPassMs = null } = row ?? {}
  return {
    worker,
    status: row?.status ?? 'running',
    told: row?.told ?? null,
    last_pass_ts: lastPassMs === null ? null : lastPassMs / 1000,
    passes: row?.passes ?? 0,
    pending: row?.pending ?? 0,
    members: row?.members ?? 0,
    groups: row?.groups ?? 0,
    failures: row?.failures ?? 0,
  }
}

const actionProperty = {
  type: 'string',
  enum: WORKER_ACTIONS,
  description:
    'pause: take in, announce nothing. resume: announce what is pending and go on. run: one pass ' +
    'at once, also of a paused worker, which stays paused.',
} as const

const toldProperties = {
  action: actionProperty,
  requested_by: { type: 'string', description: 'Name of the token; local: without tokens.' },
  ts: { type: 'number', description: 'Epoch seconds.' },
} as const

const workerProperties = {
  worker: { type: 'string', enum: WORKERS },
  status: { type: 'string', enum: ['running', 'paused'] },
  told: {
    type: ['object', 'null'],
    description: 'What it was told last; null: nothing.',
    required: Object.keys(toldProperties),
    properties: toldProperties,
  },
  last_pass_ts: { type: ['number', 'null'], description: 'Epoch seconds; null: none was made.' },
  passes: { type: 'integer' },
  pending: { type: 'integer', description: 'What was taken in, and told by no pass yet.' },
  members: {
    type: 'integer',
    description: 'What it groups, as of the last pass: attackers, of campaign identities.',
  },
  groups: { type: 'integer', description: 'What it made of them: identities, campaigns.' },
  failures: { type: 'integer', description: 'Steps of passes that failed and were skipped.' },
} as const

const workerSchema = {
  type: 'object',
  required: Object.keys(workerProperties),
  properties: workerProperties,
}

const workerParams = {
  type: 'object',
  required: ['worker'],
  additionalProperties: false,
  properties: { worker: { type: 'string', minLength: 1, maxLength: 128 } },
} as const

const listRoute = {
  operationId: 'listWorkers',
  summary: 'The workers, identify and campaign; none without a clusterer',
  tags: ['operations'],
  querystring: emptyQuery,
  response: {
    200: {
      description: 'Every worker.',
      type: 'object',
      required: ['workers', 'meta'],
      properties: { workers: { type: 'array', items: workerSchema }, meta: metaSchema },
    },
    ...errorResponses,
  },
}

const getRoute = {
  operationId: 'getWorker',
  summary: 'One worker',
  tags: ['operations'],
  params: workerParams,
  querystring: boundsQuery,
  response: {
    200: {
      description: 'How it is.',
      type: 'object',
      required: [...Object.keys(workerProperties), 'meta'],
      properties: { ...workerProperties, meta: metaSchema },
    },
    ...errorResponses,
  },
}

const controlRoute = {
  operationId: 'controlWorker',
  summary: 'Tells a worker to pause, resume or run',
  tags: ['operations'],
  params: workerParams,
  querystring: emptyQuery,
  body: {
    type: 'object',
    required: ['action'],
    additionalProperties: false,
    properties: { action: actionProperty },
  },
  response: {
    200: {
      description: 'It is in the log, and obeyed within moments.',
      type: 'object',
      required: ['worker', 'action', 'requested_by', 'ts', 'positions'],
      properties: {
        worker: workerProperties.worker,
        ...toldProperties,
        positions: {
          ...positionSchema.properties.inputs,
          description:
            'Where the command ends in the log. As `min_position` of the worker it asks for an ' +
            'answer that holds its effect.',
        },
      },
    },
    ...errorResponses,
  },
}
