import type { FastifyInstance } from 'fastify'
import { KEY_SEPARATOR, fromByteString, toByteString } from '../../bytes/byte-string.ts'
import {
  campaignMembersStore,
  campaignsStore,
  type CampaignMemberRow,
  type CampaignRow,
} from '../../state/campaign-rows.ts'
import type { QueryBounds, QueryPort, StoreRow } from '../../state/query-port.ts'
import { campaignSummary, type CampaignSummary } from '../campaign-listing.ts'
import { assertClusterer } from '../clusterer-stores.ts'
import { ApiError } from '../errors.ts'
import type { Listings } from '../listings.ts'
import { followMerges, type ChainEnd } from '../merge-chain.ts'
import { readPage } from '../page.ts'
import { boundsOf, boundsQuery, type BoundsQuery } from '../query-bounds.ts'
import { joined, metaOf, withMeta, type Labels } from '../response-meta.ts'
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
 * Campaigns: the list, one of them and its identities.
 *
 * A campaign that was merged into another is not listed, and answers as that one does.
 */
export function campaignRoutes(
  app: FastifyInstance,
  query: QueryPort,
  listings: Listings<CampaignSummary>,
): void {
  app.get<{ Querystring: ListingQuery }>(
    '/campaigns',
    { schema: listRoute },
    async ({ query: { limit, offset, ...asked } }, reply) => {
      const bounds = boundsOf(asked)
      const { total, newest, ...labels } = await listings.current(bounds)
      const page = newest.slice(offset, offset + limit)
      const data = page.map((summary) => campaignBody(summary, null))
      return withMeta(reply, { total, limit, offset, data }, labels, bounds)
    },
  )

  app.get<{ Params: IdParams; Querystring: BoundsQuery }>(
    '/campaigns/:id',
    { schema: getRoute },
    async ({ params: { id }, query: asked }, reply) => {
      const bounds = boundsOf(asked)
      const { labels, row, ...winner } = await winnerOf(query, id, bounds)
      const campaign = campaignBody(campaignSummary(winner.id, row), row.mergedInto)
      return withMeta(reply, { ...campaign, requested_uuid: id }, labels, bounds)
    },
  )

  app.get<{ Params: IdParams; Querystring: PageQuery }>(
    '/campaigns/:id/identities',
    { schema: membersRoute },
    async ({ params: { id }, query: page }, reply) => {
      const bounds = boundsOf(page)
      const winner = await winnerOf(query, id, bounds)
      const prefix = toByteString(winner.id) + KEY_SEPARATOR
      const request = { ...page, partitionKey: winner.id, prefix }
      const answer = await readPage<CampaignMemberRow>(query, campaignMembersStore, request)
      const body = { data: answer.rows.map(memberBody), next: answer.next }
      return withMeta(reply, body, joined(winner.labels, answer), bounds)
    },
  )
}

/**
 * The campaign that holds what a campaign was.
 * @throws {ApiError} UNKNOWN_CAMPAIGN: it, or what it was merged into, is not there
 * @throws {UnknownStoreError} the topology has no clusterer
 */
async function winnerOf(
  query: QueryPort,
  campaign: string,
  bounds: QueryBounds,
): Promise<ChainEnd<CampaignRow> & { readonly labels: Labels }> {
  assertClusterer(query, campaignsStore)
  const chain = await followMerges<CampaignRow>(query, campaignsStore, campaign, bounds)
  const { end, missing, positions } = chain
  if (end === null) throw new ApiError('UNKNOWN_CAMPAIGN', undefined, { meta: metaOf(chain) })
  return { ...end, labels: { missing, positions } }
}

/** A campaign as clients read it. */
export function campaignBody(summary: CampaignSummary, mergedInto: string | null): object {
  return {
    campaign_uuid: summary.id,
    first_seen: summary.firstSeen,
    updated_at: summary.updatedTs,
    identity_count_live: summary.identities,
    merged_into: mergedInto,
  }
}

function memberBody([key, row]: StoreRow<CampaignMemberRow>): object {
  return {
    identity_uuid: fromByteString(key.slice(key.indexOf(KEY_SEPARATOR) + 1)),
    first_seen: row.firstSeen,
  }
}

const campaignProperties = {
  campaign_uuid: { type: 'string' },
  first_seen: {
    type: 'number',
    description: 'When the first of its identities was first seen, epoch seconds.',
  },
  updated_at: {
    type: 'number',
    description: 'When it, or what is known of its identities, last changed, epoch seconds.',
  },
  identity_count_live: { type: 'integer', description: 'Identities that are in it now.' },
  merged_into: {
    type: ['string', 'null'],
    description: 'Null, unless pointers of merges go in a circle or never end.',
  },
}

const campaignSchema = {
  type: 'object',
  required: Object.keys(campaignProperties),
  properties: campaignProperties,
}

const listRoute = {
  operationId: 'listCampaigns',
  summary: 'Campaigns, newest update first',
  tags: ['campaigns'],
  querystring: listingQuery,
  response: { 200: listingSchema('campaigns', campaignSchema), ...errorResponses },
}

const getRoute = {
  operationId: 'getCampaign',
  summary: 'One campaign',
  description: 'Of one that was merged into another: the other.',
  tags: ['campaigns'],
  params: idParams,
  querystring: boundsQuery,
  response: { 200: winnerSchema('campaign', campaignProperties), ...errorResponses },
}

const membersRoute = {
  operationId: 'listCampaignIdentities',
  summary: 'The identities that are in a campaign',
  tags: ['campaigns'],
  params: idParams,
  querystring: pageQuery,
  response: {
    200: pageSchema({
      type: 'object',
      required: ['identity_uuid', 'first_seen'],
      properties: {
        identity_uuid: { type: 'string' },
        first_seen: { type: 'number', description: 'Epoch seconds.' },
      },
    }),
    ...errorResponses,
  },
}
