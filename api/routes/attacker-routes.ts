import type { FastifyInstance } from 'fastify'
import { KEY_SEPARATOR, fromByteString, toByteString } from '../../bytes/byte-string.ts'
import {
  attackerLinksStore,
  attackerObservationsStore,
  type AttackerLinkRow,
  type AttackerObservationRow,
} from '../../state/attribution-rows.ts'
import type { QueryPort, StoreRow } from '../../state/query-port.ts'
import { attributionBody, attributionSchema, readProfiles } from '../attribution-profile.ts'
import { readPage } from '../page.ts'
import { valueToJson } from '../../schemas/observed-value.ts'
import { boundsOf, boundsQuery, type BoundsQuery } from '../query-bounds.ts'
import { joined, withMeta } from '../response-meta.ts'
import {
  errorResponses,
  idParams,
  pageQuery,
  pageSchema,
  valueProperty,
  type IdParams,
  type PageQuery,
} from '../route-schemas.ts'

/** What is known of one attacker. */
export function attackerRoutes(app: FastifyInstance, query: QueryPort): void {
  app.get<{ Params: IdParams; Querystring: BoundsQuery }>(
    '/attackers/:id/attribution',
    { schema: attributionRoute },
    async ({ params: { id }, query: asked }, reply) => {
      const bounds = boundsOf(asked)
      const key = toByteString(id)
      const link = await query.get<AttackerLinkRow>(attackerLinksStore, id, key, bounds)
      if (link.value === undefined || link.value.identity === '') {
        return withMeta(reply, attributionBody(null, []), link, bounds)
      }
      const { identity, root } = link.value
      const profiles = await readProfiles(query, root, bounds)
      const body = attributionBody(identity, profiles.value)
      return withMeta(reply, body, joined(link, profiles), bounds)
    },
  )

  app.get<{ Params: IdParams; Querystring: PageQuery }>(
    '/attackers/:id/observations',
    { schema: observationsRoute },
    async ({ params: { id }, query: page }, reply) => {
      const prefix = toByteString(id) + KEY_SEPARATOR
      const answer = await readPage<AttackerObservationRow>(query, attackerObservationsStore, {
        ...page,
        partitionKey: id,
        prefix,
      })
      const data = answer.rows.map(observationBody)
      return withMeta(reply, { data, next: answer.next }, answer, boundsOf(page))
    },
  )
}

/** An observation as a client reads it, from its row. */
export function observationBody([key, row]: StoreRow<AttackerObservationRow>): object {
  const [, primitive = '', evidence = ''] = key.split(KEY_SEPARATOR)
  return {
    primitive: fromByteString(primitive),
    evidence_ref: fromByteString(evidence),
    value: valueToJson(row.value),
    confidence: row.confidence,
    ts: row.ts,
    seq: row.seq,
  }
}

const attributionRoute = {
  operationId: 'getAttackerAttribution',
  summary: 'The identity an attacker is linked to, and what that identity does',
  description: 'An attacker that was never observed has no identity: null, and no primitives.',
  tags: ['attackers'],
  params: idParams,
  querystring: boundsQuery,
  response: { 200: attributionSchema, ...errorResponses },
}

const observationSchema = {
  type: 'object',
  required: ['primitive', 'evidence_ref', 'value', 'confidence', 'ts', 'seq'],
  properties: {
    primitive: { type: 'string' },
    evidence_ref: {
      type: 'string',
      description: "Where the evidence lies; the observation's id where it has none.",
    },
    value: valueProperty,
    confidence: { type: 'number', description: "The sensor's own, 0 to 1." },
    ts: { type: 'number', description: 'Epoch seconds.' },
    seq: { type: 'integer', description: 'Order of arrival per attacker.' },
  },
}

const observationsRoute = {
  operationId: 'listAttackerObservations',
  summary: 'The observations of an attacker, by primitive and evidence',
  tags: ['attackers'],
  params: idParams,
  querystring: pageQuery,
  response: { 200: pageSchema(observationSchema), ...errorResponses },
}
