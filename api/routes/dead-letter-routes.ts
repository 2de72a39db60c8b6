import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { DeadLetterFilter, DeadLetterPort } from '../../state/dead-letter-port.ts'
import { deadLetterBody, deadLetterReplayBody } from '../dead-letter-body.ts'
import { ApiError } from '../errors.ts'
import { errorResponses, limitProperty } from '../route-schemas.ts'

/**
 * Records that could not be processed, and sending them back: what `dlq` does on the log, for an
 * instance that holds the embedded log itself.
 *
 * What to send is in the query, so that a request has no body and says in the log of any proxy
 * what it did.
 */
export function deadLetterRoutes(app: FastifyInstance, deadLetters: DeadLetterPort): void {
  app.get<{ Querystring: ListQuery }>('/dead-letters', { schema: listRoute }, async (request) => {
    const { limit } = request.query
    const list = await answered(request, () => deadLetters.list(filterOf(request.query), limit))
    return { data: list.deadLetters.map(deadLetterBody), matched: list.matched }
  })

  app.post<{ Querystring: ReplayQuery }>(
    '/dead-letters/replay',
    { schema: replayRoute, config: { access: 'admin' } },
    async (request) => {
      const { all, again, execute } = request.query
      const filter = filterOf(request.query)
      if ((Object.keys(filter).length === 0) !== (all === 'true')) {
        throw new ApiError('INVALID_PARAMETER', 'give all=true, or topic, error or offsets')
      }
      const wish = { filter, again: again === 'true', execute: execute === 'true' }
      return deadLetterReplayBody(await answered(request, () => deadLetters.replay(wish)))
    },
  )
}

/** @throws {ApiError} DEAD_LETTERS_UNAVAILABLE: the broker did not do it, the log has why */
async function answered<T>(request: FastifyRequest, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    request.log.warn({ err: error }, 'dead letters could not be read or sent')
    throw new ApiError('DEAD_LETTERS_UNAVAILABLE', undefined, { cause: error })
  }
}

interface FilterQuery {
  readonly topic?: string
  readonly error?: string
  readonly since_ms?: number
}

interface ListQuery extends FilterQuery {
  readonly limit: number
}

interface ReplayQuery extends Omit<FilterQuery, 'since_ms'> {
  readonly offsets?: string
  readonly all?: 'true' | 'false'
  readonly again?: 'true' | 'false'
  readonly execute?: 'true' | 'false'
}

function filterOf(query: FilterQuery & Pick<ReplayQuery, 'offsets'>): DeadLetterFilter {
  const { error, offsets, since_ms: sinceMs, topic } = query
  return {
    ...(topic === undefined ? {} : { topic }),
    ...(error === undefined ? {} : { error }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(offsets === undefined ? {} : { addresses: offsets.split(',').map(addressOf) }),
  }
}

/** Of the form that the schema has checked. */
function addressOf(text: string): { partition: number; offset: number } {
  const [partition, offset] = text.split(':').map(Number)
  return { partition: partition!, offset: offset! }
}

const nullableInteger = { type: ['integer', 'null'] }

const deadLetterSchema = {
  type: 'object',
  required: ['partition', 'offset', 'source', 'error', 'task_id', 'replayed_at_ms'],
  properties: {
    partition: { type: 'integer', description: 'Of the dead-letter topic, as is `offset`.' },
    offset: { type: 'integer' },
    source: {
      type: 'object',
      description: 'The record that failed.',
      properties: {
        topic: { type: 'string' },
        partition: { type: 'integer' },
        offset: { type: 'integer' },
        timestamp_ms: { type: 'integer' },
      },
    },
    error: {
      type: 'object',
      properties: {
        class: { type: 'string' },
        code: { type: 'string' },
        message: { type: 'string' },
      },
    },
    task_id: { type: 'string' },
    truncated: { type: ['string', 'null'], description: 'What was cut; null: it is whole.' },
    key_bytes: { ...nullableInteger, description: 'Null: the record has no key.' },
    value_bytes: { ...nullableInteger, description: 'Null: a tombstone.' },
    replay_count: { type: 'integer', description: 'Times it was sent back before it failed here.' },
    replayed_at_ms: { ...nullableInteger, description: 'Null: it was not sent back.' },
  },
}

const text = { type: 'string', minLength: 1, maxLength: 249 }
const flag = { type: 'string', enum: ['true', 'false'], default: 'false' }
const topicProperty = { ...text, description: 'Topic that the record came from.' }
const errorProperty = { ...text, description: 'Class or code of the error.' }

const listRoute = {
  operationId: 'listDeadLetters',
  summary: 'The newest records that could not be processed, oldest of them first',
  tags: ['operations'],
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      topic: topicProperty,
      error: errorProperty,
      since_ms: { type: 'integer', minimum: 0, description: 'Records of this time or later.' },
      limit: limitProperty,
    },
  },
  response: {
    200: {
      description: 'The newest that match.',
      type: 'object',
      required: ['data', 'matched'],
      properties: {
        data: { type: 'array', items: deadLetterSchema },
        matched: { type: 'integer', description: 'How many match, shown or not.' },
      },
    },
    ...errorResponses,
  },
}

const replayRoute = {
  operationId: 'replayDeadLetters',
  summary: 'Sends dead letters back to where they came from; without `execute` only says so',
  tags: ['operations'],
  body: { type: 'null', description: 'None: what to send is in the query.' },
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      topic: topicProperty,
      error: errorProperty,
      offsets: {
        type: 'string',
        maxLength: 4096,
        pattern: '^\\d{1,9}:\\d{1,15}(,\\d{1,9}:\\d{1,15})*$',
        description: 'partition:offset, separated by commas.',
      },
      all: { ...flag, description: 'Every dead letter.' },
      again: { ...flag, description: 'Those that were sent back before, too.' },
      execute: flag,
    },
  },
  response: {
    200: {
      description: 'What was sent back, or would be.',
      type: 'object',
      required: ['executed', 'sent', 'refused'],
      properties: {
        executed: { type: 'boolean' },
        sent: { type: 'array', items: deadLetterSchema },
        refused: {
          type: 'array',
          items: {
            type: 'object',
            required: ['because', 'message', 'dead_letter'],
            properties: {
              because: { type: 'string' },
              message: { type: 'string' },
              dead_letter: deadLetterSchema,
            },
          },
        },
      },
    },
    ...errorResponses,
  },
}
