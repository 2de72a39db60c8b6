import type { FastifyInstance } from 'fastify'
import { KEY_SEPARATOR, fromByteString, toByteString } from '../../bytes/byte-string.ts'
import { identityMembersStore, type IdentityMemberRow } from '../../state/attribution-rows.ts'
import type { QueryBounds, QueryPort, StoreRow } from '../../state/query-port.ts'
import { attributionBody, attributionSchema, readProfiles } from '../attribution-profile.ts'
import { ApiError } from '../errors.ts'
import { readIdentity, type IdentityListings, type IdentitySummary } from '../identity-listing.ts'
import { readPage } from '../page.ts'
import { boundsOf, boundsProperties, boundsQuery, type BoundsQuery } from '../query-bounds.ts'
import { joined, metaOf, metaSchema, NO_LABELS, withMeta, type Labels } from '../response-meta.ts'
import {
  errorResponses,
  idParams,
  limitProperty,
  pageQuery,
  pageSchema,
  type IdParams,
  type PageQuery,
} from '../route-schemas.ts'

/** Identities: the list, one of them, what it does and which attackers it is. */
export function identityRoutes(
  app: FastifyInstance,
  query: QueryPort,
  listings: IdentityListings,
): void {
  app.get<{ Querystring: BoundsQuery & { limit: number; offset: number } }>(
    '/identities',
    { schema: listRoute },
    async ({ query: { limit, offset, ...asked } }, reply) => {
      const bounds = boundsOf(asked)
      const { total, newest, ...labels } = await listings.current(bounds)
      const data = newest.slice(offset, offset + limit).map(identityBody)
      return withMeta(reply, { total, limit, offset, data }, labels, bounds)
    },
  )

  app.get<{ Params: IdParams; Querystring: BoundsQuery }>(
    '/identities/:id',
    { schema: getRoute },
    async ({ params: { id }, query: asked }, reply) => {
      const bounds = boundsOf(asked)
      const answer = await readIdentity(query, id, bounds)
      if (answer.value === null) throw unknownIdentity(answer)
      return withMeta(reply, identityBody(answer.value), answer, bounds)
    },
  )

  app.get<{ Params: IdParams; Querystring: BoundsQuery }>(
    '/identities/:id/attribution',
    { schema: attributionRoute },
    async ({ params: { id }, query: asked }, reply) => {
      const bounds = boundsOf(asked)
      const profiles = await readProfiles(query, id, bounds)
      const identity =
        profiles.value.length === 0 ? await knownIdentity(query, id, bounds) : NO_LABELS
      const body = attributionBody(id, profiles.value)
      return withMeta(reply, body, joined(profiles, identity), bounds)
    },
  )

  app.get<{ Params: IdParams; Querystring: PageQuery }>(
    '/identities/:id/observations',
    { schema: membersRoute },
    async ({ params: { id }, query: page }, reply) => {
      const prefix = toByteString(id) + KEY_SEPARATOR
      const request = { ...page, partitionKey: id, prefix }
      const answer = await readPage<IdentityMemberRow>(query, identityMembersStore, request)
      const bounds = boundsOf(page)
      const identity = answer.rows.length === 0 ? await knownIdentity(query, id, bounds) : NO_LABELS
      const data = answer.rows.map(memberBody)
      return withMeta(reply, { data, next: answer.next }, joined(answer, identity), bounds)
    },
  )
}

/**
 * @returns what the identity's existence is true for
 * @throws {ApiError} UNKNOWN_IDENTITY: it has no member
 */
async function knownIdentity(
  query: QueryPort,
  identity: string,
  bounds: QueryBounds,
): Promise<Labels> {
  const prefix = toByteString(identity) + KEY_SEPARATOR
  const options = { partitionKey: identity, prefix, limit: 1, bounds }
  const answer = await query.scan(identityMembersStore, options)
  if (answer.value.length === 0) throw unknownIdentity(answer)
  return answer
}

function unknownIdentity(labels: Labels): ApiError {
  return new ApiError('UNKNOWN_IDENTITY', undefined, { meta: metaOf(labels) })
}

function identityBody(summary: IdentitySummary): object {
  return {
    identity_uuid: summary.identity,
    first_seen: summary.firstSeen,
    updated_at: summary.updatedTs,
    observation_count_live: summary.members,
  }
}

function memberBody([key, row]: StoreRow<IdentityMemberRow>): object {
  return {
    attacker_uuid: fromByteString(key.slice(key.indexOf(KEY_SEPARATOR) + 1)),
    first_seen: row.firstSeen,
    updated_at: row.updatedTs,
  }
}

const identityProperties = {
  identity_uuid: { type: 'string' },
  first_seen: { type: 'number', description: 'Epoch seconds.' },
  updated_at: {
    type: 'number',
    description: 'Newest observation known when an attacker last joined, epoch seconds.',
  },
  observation_count_live: {
    type: 'integer',
    description: 'Attackers that are this identity now (an identity observes attackers).',
  },
}

const identitySchema = {
  type: 'object',
  required: Object.keys(identityProperties),
  properties: identityProperties,
}

const listRoute = {
  operationId: 'listIdentities',
  summary: 'Identities, newest update first',
  tags: ['identities'],
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      limit: limitProperty,
      offset: { type: 'integer', minimum: 0, maximum: 10_000, default: 0 },
      ...boundsProperties,
    },
  },
  response: {
    200: {
      description: 'A page of identities.',
      type: 'object',
      required: ['total', 'limit', 'offset', 'data', 'meta'],
      properties: {
        total: { type: 'integer' },
        limit: { type: 'integer' },
        offset: { type: 'integer' },
        data: { type: 'array', items: identitySchema },
        meta: metaSchema,
      },
    },
    ...errorResponses,
  },
}

const getRoute = {
  operationId: 'getIdentity',
  summary: 'One identity',
  tags: ['identities'],
  params: idParams,
  querystring: boundsQuery,
  response: {
    200: {
      description: 'The identity.',
      type: 'object',
      required: [...Object.keys(identityProperties), 'meta'],
      properties: { ...identityProperties, meta: metaSchema },
    },
    ...errorResponses,
  },
}

const attributionRoute = {
  operationId: 'getIdentityAttribution',
  summary: 'What an identity does, a state per primitive',
  tags: ['identities'],
  params: idParams,
  querystring: boundsQuery,
  response: { 200: attributionSchema, ...errorResponses },
}

const membersRoute = {
  operationId: 'listIdentityObservations',
  summary: 'The attackers that are this identity',
  tags: ['identities'],
  params: idParams,
  querystring: pageQuery,
  response: {
    200: pageSchema({
      type: 'object',
      required: ['attacker_uuid', 'first_seen', 'updated_at'],
      properties: {
        attacker_uuid: { type: 'string' },
        first_seen: { type: 'number', description: 'Epoch seconds.' },
        updated_at: { type: 'number', description: 'Epoch seconds.' },
      },
    }),
    ...errorResponses,
  },
}
