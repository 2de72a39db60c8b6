import { boundsProperties, type BoundsQuery } from './query-bounds.ts'
import { metaSchema } from './response-meta.ts'

/** Pieces of JSON schema that several routes share. */

/** Ids have no control characters: a NUL would reach into the next part of a store's key. */
const idPattern = '^[^\\u0000-\\u001f\\u007f]+$'

export const idParams = {
  type: 'object',
  required: ['id'],
  additionalProperties: false,
  properties: { id: { type: 'string', minLength: 1, maxLength: 128, pattern: idPattern } },
} as const

export const limitProperty = {
  type: 'integer',
  minimum: 1,
  maximum: 1000,
  default: 50,
  description: 'Rows of a page.',
} as const

export const afterProperty = {
  type: 'string',
  minLength: 1,
  maxLength: 4096,
  pattern: '^[A-Za-z0-9_-]+$',
  description: '`next` of the page before; opaque.',
} as const

export const pageQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { limit: limitProperty, after: afterProperty, ...boundsProperties },
} as const

export interface PageQuery extends BoundsQuery {
  readonly limit: number
  readonly after?: string
}

export interface IdParams {
  readonly id: string
}

const nextProperty = {
  type: ['string', 'null'],
  description: 'Give it as `after` for the next page; null: this was the last.',
} as const

/** A page of rows in key order. */
export function pageSchema(item: object): object {
  return {
    description: 'A page.',
    type: 'object',
    required: ['data', 'next', 'meta'],
    properties: { data: { type: 'array', items: item }, next: nextProperty, meta: metaSchema },
  }
}

/** A listing by time of update: no store is in that order, so no cursor can name a place in it. */
export interface ListingQuery extends BoundsQuery {
  readonly limit: number
  readonly offset: number
}

export const listingQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: limitProperty,
    offset: { type: 'integer', minimum: 0, maximum: 10_000, default: 0 },
    ...boundsProperties,
  },
} as const

/** @param items their name, in the plural */
export function listingSchema(items: string, item: object): object {
  return {
    description: `A page of ${items}.`,
    type: 'object',
    required: ['total', 'limit', 'offset', 'data', 'meta'],
    properties: {
      total: { type: 'integer' },
      limit: { type: 'integer' },
      offset: { type: 'integer' },
      data: { type: 'array', items: item },
      meta: metaSchema,
    },
  }
}

/**
 * One of those that may have been merged away: the one it was merged into answers.
 * @param kind its id is the property `<kind>_uuid`
 */
export function winnerSchema(kind: 'campaign' | 'identity', properties: object): object {
  const requested = {
    type: 'string',
    description: `The ${kind} that was asked for; another than \`${kind}_uuid\` was merged into it.`,
  }
  return {
    description: `The ${kind}.`,
    type: 'object',
    required: [...Object.keys(properties), 'requested_uuid', 'meta'],
    properties: { ...properties, requested_uuid: requested, meta: metaSchema },
  }
}

export const valueProperty = {
  description: 'An observed value: null, boolean, number, text, list or object.',
} as const

export const emptyQuery = { type: 'object', additionalProperties: false, properties: {} } as const

export const errorSchema = {
  $id: 'Error',
  description: 'An error; docs/errors.md says how to solve each code.',
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
    meta: metaSchema,
  },
} as const

const errorRef = { $ref: 'Error#' } as const

/** Answers of any route that may fail: what the client did wrong, and 503. */
export const errorResponses = { '4xx': errorRef, '5xx': errorRef } as const
