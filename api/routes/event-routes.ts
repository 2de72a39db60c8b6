import type { FastifyInstance } from 'fastify'
import { KEY_SEPARATOR, toByteString } from '../../bytes/byte-string.ts'
import {
  attackerLinksStore,
  attackerObservationsStore,
  type AttackerLinkRow,
  type AttackerObservationRow,
} from '../../state/attribution-rows.ts'
import type { FeedEvent, QueryPort } from '../../state/query-port.ts'
import { ApiError } from '../errors.ts'
import type { EventStreams } from '../events/event-streams.ts'
import {
  attackerEventTypes,
  eventTypes,
  isEventType,
  type EventType,
} from '../events/event-types.ts'
import { eventStreamResponse, sendStream, startWith } from '../events/stream-answer.ts'
import { metaOf } from '../response-meta.ts'
import { emptyQuery, errorResponses, idParams, type IdParams } from '../route-schemas.ts'
import { observationBody } from './attacker-routes.ts'

/** Observations in a snapshot; more are told by `truncated`. */
const SNAPSHOT_ROWS = 1000

/** Server-sent events: everything, or what concerns one attacker. */
export function eventRoutes(app: FastifyInstance, query: QueryPort, streams: EventStreams): void {
  app.get<{ Querystring: { types?: string } }>(
    '/events',
    { schema: eventsRoute, exposeHeadRoute: false },
    ({ query: { types } }, reply) => {
      const stream = streams.watch(types === undefined ? eventTypes : typesFrom(types), asItIs)
      return sendStream(reply, stream)
    },
  )

  app.get<{ Params: IdParams }>(
    '/attackers/:id/events',
    { schema: attackerEventsRoute, exposeHeadRoute: false },
    async ({ params: { id } }, reply) => {
      const link = await query.get<AttackerLinkRow>(attackerLinksStore, id, toByteString(id))
      const identities = new Set([link.value?.identity, link.value?.root])
      const stream = streams.watch(attackerEventTypes, (type, event) =>
        concerns(type, event, id, identities) ? type : null,
      )
      await startWith(stream, () => snapshot(query, id))
      return sendStream(reply, stream)
    },
  )
}

const asItIs = (type: EventType): string => type

function typesFrom(text: string): EventType[] {
  return text.split(',').map((type) => {
    if (isEventType(type)) return type
    const known = eventTypes.join(', ')
    throw new ApiError('INVALID_PARAMETER', `querystring/types must be of: ${known}`)
  })
}

/** Events of attackers name the attacker, those of attribution the identity. */
function concerns(
  type: EventType,
  event: FeedEvent,
  attacker: string,
  identities: ReadonlySet<string | undefined>,
): boolean {
  const record = event.value as { attacker_uuid?: string; identity_uuid?: string } | null
  if (type.startsWith('attribution.')) return identities.has(record?.identity_uuid)
  return record?.attacker_uuid === attacker
}

async function snapshot(query: QueryPort, attacker: string): Promise<object> {
  const answer = await query.scan<AttackerObservationRow>(attackerObservationsStore, {
    partitionKey: attacker,
    prefix: toByteString(attacker) + KEY_SEPARATOR,
    limit: SNAPSHOT_ROWS + 1,
  })
  const { value } = answer
  return {
    attacker_uuid: attacker,
    observations: value.slice(0, SNAPSHOT_ROWS).map(observationBody),
    truncated: value.length > SNAPSHOT_ROWS,
    meta: metaOf(answer),
  }
}

const eventsRoute = {
  operationId: 'watchEvents',
  summary: 'Committed records as they appear',
  tags: ['events'],
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      types: {
        type: 'string',
        minLength: 1,
        maxLength: 512,
        description: `Comma-separated, of: ${eventTypes.join(', ')}. Default: all.`,
      },
    },
  },
  response: { 200: eventStreamResponse, ...errorResponses },
}

const attackerEventsRoute = {
  operationId: 'watchAttackerEvents',
  summary: 'A snapshot of an attacker, then what happens to it and its identity',
  description:
    'The identity is the one linked when the stream is opened; open it again after a merge.',
  tags: ['events'],
  params: idParams,
  querystring: emptyQuery,
  response: { 200: eventStreamResponse, ...errorResponses },
}
