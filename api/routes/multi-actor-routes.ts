import type { FastifyInstance } from 'fastify'
import { fromByteString, type ByteString } from '../../bytes/byte-string.ts'
import { multiActorWindowsStore, type MultiActorWindowRow } from '../../state/attribution-rows.ts'
import type { QueryBounds, QueryPort, StoreRow } from '../../state/query-port.ts'
import { cursorOf, keyOfCursor } from '../page-cursor.ts'
import { boundsOf } from '../query-bounds.ts'
import { joined, NO_LABELS, withMeta, type Labels } from '../response-meta.ts'
import { errorResponses, pageQuery, pageSchema, type PageQuery } from '../route-schemas.ts'

const SCAN_ROWS = 1000

/** The alerts that stand: identities with more than one pair of hands behind them. */
export function multiActorRoutes(
  app: FastifyInstance,
  query: QueryPort,
  rowsExaminedMax: number,
): void {
  app.get<{ Querystring: PageQuery }>(
    '/multi-actor',
    { schema: route },
    async ({ query: { limit, after, ...asked } }, reply) => {
      const bounds = boundsOf(asked)
      const start = after === undefined ? undefined : keyOfCursor(after, '')
      const page = await standingAlerts(query, { limit, rowsExaminedMax, start, bounds })
      const next = page.next === null ? null : cursorOf(page.next)
      return withMeta(reply, { data: page.rows.map(alertBody), next }, page.labels, bounds)
    },
  )
}

interface AlertPage {
  readonly rows: readonly StoreRow<MultiActorWindowRow>[]
  readonly next: ByteString | null
  readonly labels: Labels
}

interface AlertRequest {
  readonly limit: number
  readonly rowsExaminedMax: number
  readonly start: ByteString | undefined
  readonly bounds: QueryBounds
}

/**
 * Passes over windows without an alert. After `rowsExaminedMax` of them the page ends short, with
 * a cursor: a request's work is bounded even when alerts are rare.
 */
async function standingAlerts(
  query: QueryPort,
  { limit, rowsExaminedMax, start, bounds }: AlertRequest,
): Promise<AlertPage> {
  const rows: StoreRow<MultiActorWindowRow>[] = []
  let labels = NO_LABELS
  let after = start
  for (let examined = 0; examined < rowsExaminedMax; examined += SCAN_ROWS) {
    const page = await query.scan<MultiActorWindowRow>(multiActorWindowsStore, {
      partitionKey: null,
      prefix: '',
      limit: SCAN_ROWS,
      bounds,
      ...(after === undefined ? {} : { after }),
    })
    labels = joined(labels, page)
    for (const row of page.value) {
      if (row[1].announced.length === 0) continue
      if (rows.length === limit) return { rows, next: rows.at(-1)![0], labels }
      rows.push(row)
    }
    if (page.value.length < SCAN_ROWS) return { rows, next: null, labels }
    after = page.value.at(-1)![0]
  }
  return { rows, next: after ?? null, labels }
}

function alertBody([key, row]: StoreRow<MultiActorWindowRow>): object {
  const announced = new Set(row.announced)
  const entries = row.entries.filter(({ primitive }) => announced.has(primitive))
  return {
    identity_uuid: fromByteString(key),
    primitives: row.announced,
    since_ts: entries.length === 0 ? null : Math.max(...entries.map(({ entryTs }) => entryTs)),
  }
}

const route = {
  operationId: 'listMultiActor',
  summary: 'Standing multi-actor alerts, by identity',
  description:
    'A page may hold fewer rows than `limit`, even none, and still have a next one: as many ' +
    'identities without an alert were passed over as one request may examine.',
  tags: ['multi-actor'],
  querystring: pageQuery,
  response: {
    200: pageSchema({
      type: 'object',
      required: ['identity_uuid', 'primitives', 'since_ts'],
      properties: {
        identity_uuid: { type: 'string' },
        primitives: { type: 'array', items: { type: 'string' }, description: 'Sorted.' },
        since_ts: {
          type: ['number', 'null'],
          description: 'When the newest of them entered multi_actor, epoch seconds.',
        },
      },
    }),
    ...errorResponses,
  },
}
