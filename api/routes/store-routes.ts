import type { FastifyInstance } from 'fastify'
import {
  KEY_SEPARATOR,
  fromByteString,
  toByteString,
  type ByteString,
} from '../../bytes/byte-string.ts'
import { UnknownStoreError } from '../../state/errors.ts'
import type { QueryPort, StoreDescription } from '../../state/query-port.ts'
import { ApiError } from '../errors.ts'
import { readPage } from '../page.ts'
import { boundsOf, boundsProperties, type BoundsQuery } from '../query-bounds.ts'
import { activeTasks, metaOf, metaSchema, withMeta } from '../response-meta.ts'
import {
  afterProperty,
  emptyQuery,
  errorResponses,
  limitProperty,
  pageSchema,
  type PageQuery,
} from '../route-schemas.ts'

/**
 * The stores as they are, row by row.
 *
 * A key's parts are joined by `%00` in the path, or the first stands in the path and the others
 * follow as `part` parameters, which is easier to type and passes proxies that refuse `%00`.
 * Names are looked up in the list of stores and never become a path of the file system.
 */
export function storeRoutes(app: FastifyInstance, query: QueryPort): void {
  app.get('/stores', { schema: listRoute }, (_request, reply) => {
    const data = query.stores().map(storeBody)
    return withMeta(reply, { data }, activeTasks(query))
  })

  app.get<{ Params: KeyParams; Querystring: KeyQuery }>(
    '/stores/:name/keys/:key',
    { schema: keyRoute },
    async ({ params, query: { part = [], partition_key: partitionKey, ...asked } }, reply) => {
      const store = storeNamed(query, params.name)
      const parts = typeof part === 'string' ? [part] : part
      const key = toByteString([params.key, ...parts].join(KEY_SEPARATOR))
      const owner = partitionKey ?? firstPart(key)
      const bounds = boundsOf(asked)
      const answer = await query.get<unknown>(store.name, owner, key, bounds)
      if (answer.value === undefined) {
        throw new ApiError('UNKNOWN_ROW', undefined, { meta: metaOf(answer) })
      }
      return withMeta(reply, rowBody(store, key, answer.value), answer, bounds)
    },
  )

  app.get<{ Params: { name: string }; Querystring: StoreQuery }>(
    '/stores/:name',
    { schema: pageRoute },
    async ({ params, query: { prefix = '', partition_key: partitionKey, ...page } }, reply) => {
      const store = storeNamed(query, params.name)
      const answer = await readPage<unknown>(query, store.name, {
        ...page,
        prefix: toByteString(prefix),
        partitionKey: partitionKey ?? null,
      })
      const data = answer.rows.map(([key, value]) => rowBody(store, key, value))
      return withMeta(reply, { data, next: answer.next }, answer, boundsOf(page))
    },
  )
}

interface KeyParams {
  readonly name: string
  readonly key: string
}

interface KeyQuery extends BoundsQuery {
  readonly partition_key?: string
  readonly part?: string | readonly string[]
}

interface StoreQuery extends PageQuery {
  readonly prefix?: string
  readonly partition_key?: string
}

function storeNamed(query: QueryPort, name: string): StoreDescription {
  const store = query.stores().find((candidate) => candidate.name === name)
  if (store === undefined)
    throw new UnknownStoreError('no such store; GET /api/v1/stores lists them')
  return store
}

function firstPart(key: ByteString): string {
  const end = key.indexOf(KEY_SEPARATOR)
  return fromByteString(end === -1 ? key : key.slice(0, end))
}

function storeBody(store: StoreDescription): object {
  return {
    name: store.name,
    sub_topology: store.subTopology,
    changelog_topic: store.changelogTopic,
    partitions: store.partitions,
  }
}

function rowBody(store: StoreDescription, key: ByteString, value: unknown) {
  return { key: key.split(KEY_SEPARATOR).map(fromByteString), value: store.toJson(key, value) }
}

const nameProperty = { type: 'string', minLength: 1, maxLength: 128 }

const partitionKeyProperty = {
  type: 'string',
  minLength: 1,
  maxLength: 1024,
}

const rowProperties = {
  key: { type: 'array', items: { type: 'string' }, description: 'The parts of the key.' },
  value: { description: 'The row; its shape is the store’s own.' },
}

const listRoute = {
  operationId: 'listStores',
  summary: 'The stores of the topology',
  tags: ['stores'],
  querystring: emptyQuery,
  response: {
    200: {
      description: 'Every store.',
      type: 'object',
      required: ['data', 'meta'],
      properties: {
        data: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'sub_topology', 'changelog_topic', 'partitions'],
            properties: {
              name: { type: 'string' },
              sub_topology: { type: 'integer' },
              changelog_topic: { type: 'string' },
              partitions: { type: 'integer' },
            },
          },
        },
        meta: metaSchema,
      },
    },
    ...errorResponses,
  },
}

const keyRoute = {
  operationId: 'getStoreRow',
  summary: 'One row of a store',
  description:
    'Parts of a composite key are joined by %00 in the path; or the first part stands in the ' +
    'path and the others follow as `part` parameters, in order.',
  tags: ['stores'],
  params: {
    type: 'object',
    required: ['name', 'key'],
    additionalProperties: false,
    properties: { name: nameProperty, key: { type: 'string', minLength: 1, maxLength: 2048 } },
  },
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      part: {
        anyOf: [
          { type: 'string', maxLength: 2048 },
          { type: 'array', maxItems: 8, items: { type: 'string', maxLength: 2048 } },
        ],
        description: 'The next part of the key; may be repeated.',
      },
      partition_key: {
        ...partitionKeyProperty,
        description: 'The key that names the owning task. Default: the first part.',
      },
      ...boundsProperties,
    },
  },
  response: {
    200: {
      description: 'The row.',
      type: 'object',
      required: ['key', 'value', 'meta'],
      properties: { ...rowProperties, meta: metaSchema },
    },
    ...errorResponses,
  },
}

const pageRoute = {
  operationId: 'listStoreRows',
  summary: 'A page of a store, in key order',
  tags: ['stores'],
  params: {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: { name: nameProperty },
  },
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      prefix: {
        type: 'string',
        maxLength: 2048,
        description: 'Start of the keys wanted; %00 ends a part.',
      },
      partition_key: {
        ...partitionKeyProperty,
        description: 'Reads the task that owns this key only. Default: every task.',
      },
      after: afterProperty,
      limit: limitProperty,
      ...boundsProperties,
    },
  },
  response: {
    200: pageSchema({
      type: 'object',
      required: ['key', 'value'],
      properties: rowProperties,
    }),
    ...errorResponses,
  },
}
