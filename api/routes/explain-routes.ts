import type { FastifyInstance } from 'fastify'
import { KEY_SEPARATOR, toByteString } from '../../bytes/byte-string.ts'
import type { ExplainPort } from '../../state/explain-port.ts'
import {
  identitiesStore,
  identityHistoryStore,
  type IdentityEventRow,
} from '../../state/identity-rows.ts'
import type { QueryBounds, QueryPort } from '../../state/query-port.ts'
import { ANY_KEY, assertClusterer } from '../clusterer-stores.ts'
import { ApiError } from '../errors.ts'
import {
  identityReasonsBody,
  identityReasonsSchema,
  pairReasonsBody,
  pairReasonsSchema,
} from '../explanation-body.ts'
import { unknownIdentity, winnerOf } from '../identity-lookup.ts'
import { boundsOf, boundsProperties, type BoundsQuery } from '../query-bounds.ts'
import { joined, metaOf, metaSchema, withMeta } from '../response-meta.ts'
import { errorResponses, idParams, type IdParams } from '../route-schemas.ts'

const HISTORY_MAX = 100

interface ExplainQuery extends BoundsQuery {
  readonly attackers?: string
}

/** Why attackers are one identity, or are not. */
export function explainRoutes(app: FastifyInstance, query: QueryPort, explain: ExplainPort): void {
  app.get<{ Params: IdParams; Querystring: ExplainQuery }>(
    '/identities/:id/explain',
    { schema: explainRoute },
    async ({ params: { id }, query: { attackers, ...asked } }, reply) => {
      const bounds = boundsOf(asked)
      assertClusterer(query, identitiesStore)
      const winner = await winnerOf(query, id, bounds)
      const { identity, row } = winner
      if (row === null) throw unknownIdentity(winner)
      const { labels, ...reasons } =
        attackers === undefined
          ? await explainIdentity(query, explain, identity, row.attacker, bounds)
          : await explainPair(explain, attackers, bounds)
      const body = { identity_uuid: identity, requested_uuid: id, ...reasons }
      return withMeta(reply, body, joined(winner, labels), bounds)
    },
  )
}

async function explainIdentity(
  query: QueryPort,
  explain: ExplainPort,
  identity: string,
  root: string,
  bounds: QueryBounds,
) {
  const prefix = toByteString(identity) + KEY_SEPARATOR
  const options = { partitionKey: ANY_KEY, prefix, limit: HISTORY_MAX, bounds }
  const history = await query.scan<IdentityEventRow>(identityHistoryStore, options)
  const reasons = await explain.identity(root, bounds)
  const events = history.value.map(([, event]) => event)
  const explanation = identityReasonsBody(reasons.value, events)
  return { identity: explanation, pair: null, labels: joined(history, reasons) }
}

/** @throws {ApiError} INVALID_PARAMETER, UNKNOWN_ATTACKER */
async function explainPair(explain: ExplainPort, attackers: string, bounds: QueryBounds) {
  const [a, b] = attackers.split(',') as [string, string]
  if (a === b) throw new ApiError('INVALID_PARAMETER', 'attackers: give two different ones')
  const reasons = await explain.pair(a, b, bounds)
  if ('unknown' in reasons.value) {
    const message = `the clusterer does not know ${reasons.value.unknown.join(', ')}`
    throw new ApiError('UNKNOWN_ATTACKER', message, { meta: metaOf(reasons) })
  }
  return { identity: null, pair: pairReasonsBody(reasons.value), labels: joined(reasons) }
}

const explainRoute = {
  operationId: 'explainIdentity',
  summary: 'Why attackers are one identity, or are not',
  description:
    'Of an identity: what its attackers share, how its pairs weigh, and its history. Of two ' +
    'attackers, which need not be of this identity: what each tier finds, what forbids it, and ' +
    'how one leads to the other. Of one that was merged into another: the other.',
  tags: ['identities'],
  params: idParams,
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      attackers: {
        type: 'string',
        maxLength: 257,
        pattern: '^[^,\\u0000-\\u001f\\u007f]{1,128},[^,\\u0000-\\u001f\\u007f]{1,128}$',
        description: 'Two attackers, separated by a comma.',
      },
      ...boundsProperties,
    },
  },
  response: {
    200: {
      description: 'The reasons.',
      type: 'object',
      required: ['identity_uuid', 'requested_uuid', 'identity', 'pair', 'meta'],
      properties: {
        identity_uuid: { type: 'string' },
        requested_uuid: { type: 'string' },
        identity: identityReasonsSchema,
        pair: pairReasonsSchema,
        meta: metaSchema,
      },
    },
    ...errorResponses,
  },
}
