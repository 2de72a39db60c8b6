import type { FastifyInstance } from 'fastify'
import type { QueryBounds, QueryPort } from '../../state/query-port.ts'
import type { CampaignSummary } from '../campaign-listing.ts'
import type { EventStreams } from '../events/event-streams.ts'
import { typesOfFamily, type EventFamily } from '../events/event-types.ts'
import { eventStreamResponse, sendStream, startWith } from '../events/stream-answer.ts'
import type { IdentitySummary } from '../identity-summary.ts'
import type { Listings } from '../listings.ts'
import { joined, metaOf } from '../response-meta.ts'
import { emptyQuery, errorResponses } from '../route-schemas.ts'
import { campaignBody } from './campaign-routes.ts'
import { identityPage } from './identity-routes.ts'

/** The newest that a snapshot holds; more are told by `truncated`. */
const SNAPSHOT_ROWS = 1000

/** A listing that was kept from before the stream began would lack what came in between. */
const MADE_ANEW: QueryBounds = { lagMax: Number.MAX_SAFE_INTEGER }

export interface FamilyListings {
  readonly identities: Listings<IdentitySummary>
  readonly campaigns: Listings<CampaignSummary>
}

/** Server-sent events of all identities, or of all campaigns: how they are, then what happens. */
export function familyEventRoutes(
  app: FastifyInstance,
  query: QueryPort,
  streams: EventStreams,
  listings: FamilyListings,
): void {
  const watch = (family: EventFamily) =>
    streams.watch(typesOfFamily(family), (type) => type.slice(family.length + 1))

  app.get(
    '/identities/events',
    { schema: identitiesRoute, exposeHeadRoute: false },
    async (_request, reply) => {
      const stream = watch('identity')
      await startWith(stream, () => identitiesNow(query, listings.identities))
      return sendStream(reply, stream)
    },
  )

  app.get(
    '/campaigns/events',
    { schema: campaignsRoute, exposeHeadRoute: false },
    async (_request, reply) => {
      const stream = watch('campaign')
      await startWith(stream, () => campaignsNow(listings.campaigns))
      return sendStream(reply, stream)
    },
  )
}

async function identitiesNow(
  query: QueryPort,
  listings: Listings<IdentitySummary>,
): Promise<object> {
  const { newest, total, ...labels } = await listings.current(MADE_ANEW)
  const page = await identityPage(query, newest.slice(0, SNAPSHOT_ROWS), {})
  return {
    total,
    identities: page.data,
    truncated: newest.length > SNAPSHOT_ROWS,
    meta: metaOf(joined(labels, page.labels)),
  }
}

async function campaignsNow(listings: Listings<CampaignSummary>): Promise<object> {
  const { newest, total, ...labels } = await listings.current(MADE_ANEW)
  return {
    total,
    campaigns: newest.slice(0, SNAPSHOT_ROWS).map((summary) => campaignBody(summary, null)),
    truncated: newest.length > SNAPSHOT_ROWS,
    meta: metaOf(labels),
  }
}

const identitiesRoute = {
  operationId: 'watchIdentities',
  summary: 'A snapshot of the newest identities, then what happens to any',
  description: `Events: snapshot, then ${namesOf('identity')}.`,
  tags: ['events'],
  querystring: emptyQuery,
  response: { 200: eventStreamResponse, ...errorResponses },
}

const campaignsRoute = {
  operationId: 'watchCampaigns',
  summary: 'A snapshot of the newest campaigns, then what happens to any',
  description: `Events: snapshot, then ${namesOf('campaign')}.`,
  tags: ['events'],
  querystring: emptyQuery,
  response: { 200: eventStreamResponse, ...errorResponses },
}

function namesOf(family: EventFamily): string {
  return typesOfFamily(family)
    .map((type) => type.slice(family.length + 1))
    .join(', ')
}
