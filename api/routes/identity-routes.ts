import type { FastifyInstance } from 'fastify'
import { KEY_SEPARATOR, fromByteString, toByteString } from '../../bytes/byte-string.ts'
import { identityMembersStore, type IdentityMemberRow } from '../../state/attribution-rows.ts'
import type { QueryBounds, QueryPort, StoreRow } from '../../state/query-port.ts'
import { attributionBody, attributionSchema, readProfiles } from '../attribution-profile.ts'
import { identityBody, identityProperties, identitySchema } from '../identity-body.ts'
import {
  campaignOf,
  readClustered,
  readSummary,
  unknownIdentity,
  winnerOf,
} from '../identity-lookup.ts'
import type { IdentitySummary } from '../identity-summary.ts'
import type { Listings } from '../listings.ts'
import { readPage } from '../page.ts'
import { boundsOf, boundsQuery, type BoundsQuery } from '../query-bounds.ts'
import { joined, NO_LABELS, withMeta, type Labels } from '../response-meta.ts'
import {
  errorResponses,
  idParams,
  listingQuery,
  listingSchema,
  pageQuery,
  pageSchema,
  winnerSchema,
  type IdParams,
  type ListingQuery,
  type PageQuery,
} from '../route-schemas.ts'

/**
 * Identities: the list, one of them, what it does and which attackers it is.
 *
 * An identity that was merged into another is not listed, and answers as that one does.
 */
export function identityRoutes(
  app: FastifyInstance,
  query: QueryPort,
  listings: Listings<IdentitySummary>,
): void {
  app.get<{ Querystring: ListingQuery }>(
    '/identities',
    { schema: listRoute },
    async ({ query: { limit, offset, ...asked } }, reply) => {
      const bounds = boundsOf(asked)
      const { total, newest, ...labels } = await listings.current(bounds)
      const { lagMax } = bounds
      const page = await identityPage(
        query,
        newest.slice(offset, offset + limit),
        lagMax === undefined ? {} : { lagMax },
      )
      const body = { total, limit, offset, data: page.data }
      return withMeta(reply, body, joined(labels, page.labels), bounds)
    },
  )

  app.get<{ Params: IdParams; Querystring: BoundsQuery }>(
    '/identities/:id',
    { schema: getRoute },
    async ({ params: { id }, query: asked }, reply) => {
      const bounds = boundsOf(asked)
      const winner = await winnerOf(query, id, bounds)
      const [summary, campaign] = await Promise.all([
        readSummary(query, winner, bounds),
        campaignOf(query, winner.identity, bounds),
      ])
      const labels = joined(winner, summary, campaign)
      if (summary.value === null) throw unknownIdentity(labels)
      const identity = identityBody(summary.value, winner.row, campaign.value)
      return withMeta(reply, { ...identity, requested_uuid: id }, labels, bounds)
    },
  )

  memberRoutes(app, query)
}

/** What an identity does, and which attackers it is. */
function memberRoutes(app: FastifyInstance, query: QueryPort): void {
  app.get<{ Params: IdParams; Querystring: BoundsQuery }>(
    '/identities/:id/attribution',
    { schema: attributionRoute },
    async ({ params: { id }, query: asked }, reply) => {
      const bounds = boundsOf(asked)
      const own = await readProfiles(query, id, bounds)
      if (own.value.length > 0) {
        return withMeta(reply, attributionBody(id, own.value), own, bounds)
      }
      const winner = await winnerOf(query, id, bounds)
      const { identity } = winner
      const profiles = identity === id ? own : await readProfiles(query, identity, bounds)
      const known =
        profiles.value.length === 0 ? await knownIdentity(query, identity, bounds) : NO_LABELS
      const body = attributionBody(identity, profiles.value)
      return withMeta(reply, body, joined(own, winner, profiles, known), bounds)
    },
  )

  app.get<{ Params: IdParams; Querystring: PageQuery }>(
    '/identities/:id/observations',
    { schema: membersRoute },
    async ({ params: { id }, query: page }, reply) => {
      const bounds = boundsOf(page)
      const winner = await winnerOf(query, id, bounds)
      const { identity, row } = winner
      const prefix = toByteString(identity) + KEY_SEPARATOR
      const request = { ...page, partitionKey: identity, prefix }
      const answer = await readPage<IdentityMemberRow>(query, identityMembersStore, request)
      const known =
        answer.rows.length === 0 && row === null
          ? await knownIdentity(query, identity, bounds)
          : NO_LABELS
      const data = answer.rows.map(memberBody)
      const labels = joined(winner, answer, known)
      return withMeta(reply, { data, next: answer.next }, labels, bounds)
    },
  )
}

/** What the list shows of identities; one that was merged since it was made is left out. */
export async function identityPage(
  query: QueryPort,
  summaries: readonly IdentitySummary[],
  bounds: QueryBounds,
): Promise<{ readonly data: readonly object[]; readonly labels: Labels }> {
  const { labels, rows } = await readClustered(
    query,
    summaries.map(({ id }) => id),
    bounds,
  )
  const data = summaries.flatMap((summary, i) => {
    const { campaign, row } = rows[i]!
    return row !== null && row.mergedInto !== null ? [] : [identityBody(summary, row, campaign)]
  })
  return { data, labels }
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

function memberBody([key, row]: StoreRow<IdentityMemberRow>): object {
  return {
    attacker_uuid: fromByteString(key.slice(key.indexOf(KEY_SEPARATOR) + 1)),
    first_seen: row.firstSeen,
    updated_at: row.updatedTs,
  }
}

const listRoute = {
  operationId: 'listIdentities',
  summary: 'Identities, newest update first',
  tags: ['identities'],
  querystring: listingQuery,
  response: { 200: listingSchema('identities', identitySchema), ...errorResponses },
}

const getRoute = {
  operationId: 'getIdentity',
  summary: 'One identity',
  description: 'Of one that was merged into another: the other.',
  tags: ['identities'],
  params: idParams,
  querystring: boundsQuery,
  response: { 200: winnerSchema('identity', identityProperties), ...errorResponses },
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
