import { KEY_SEPARATOR, fromByteString, toByteString } from '../bytes/byte-string.ts'
import { attributionProfilesStore, type AttributionProfileRow } from '../state/attribution-rows.ts'
import type {
  Answer,
  LabelledPosition,
  QueryBounds,
  QueryPort,
  StoreRow,
} from '../state/query-port.ts'
import { valueToJson } from '../schemas/observed-value.ts'
import { metaSchema } from './response-meta.ts'
import { valueProperty } from './route-schemas.ts'

/** Rows read at once. */
const SCAN_ROWS = 1000
/** Far beyond the names of any registry; without it a hostile sensor could make answers endless. */
const PRIMITIVES_MAX = 10_000

/** The profile rows of an identity, by primitive; at most 10,000. */
export async function readProfiles(
  query: QueryPort,
  identity: string,
  bounds: QueryBounds,
): Promise<Answer<readonly StoreRow<AttributionProfileRow>[]>> {
  const options = {
    partitionKey: identity,
    prefix: toByteString(identity) + KEY_SEPARATOR,
    limit: SCAN_ROWS,
    bounds,
  }
  let page = await query.scan<AttributionProfileRow>(attributionProfilesStore, options)
  const rows = [...page.value]
  const positions: LabelledPosition[] = [...page.positions]
  while (page.value.length === SCAN_ROWS && rows.length < PRIMITIVES_MAX) {
    page = await query.scan(attributionProfilesStore, { ...options, after: rows.at(-1)![0] })
    rows.push(...page.value)
    positions.push(...page.positions)
  }
  return { value: rows, positions, missing: [] }
}

interface AttributionBody {
  readonly identity_uuid: string | null
  readonly primitives: readonly object[]
  readonly truncated: boolean
}

export function attributionBody(
  identity: string | null,
  rows: readonly StoreRow<AttributionProfileRow>[],
): AttributionBody {
  return {
    identity_uuid: identity,
    primitives: rows.filter(([, { state }]) => state !== null).map(primitiveBody),
    truncated: rows.length >= PRIMITIVES_MAX,
  }
}

function primitiveBody([key, row]: StoreRow<AttributionProfileRow>): object {
  return {
    primitive: fromByteString(key.slice(key.indexOf(KEY_SEPARATOR) + 1)),
    current_value: valueToJson(row.currentValue),
    state: row.state,
    confidence: row.confidence,
    observation_count: row.observationCount,
    last_change_ts: row.lastChangeTs,
    last_observation_ts: row.lastObservationTs,
  }
}

const primitiveSchema = {
  type: 'object',
  required: [
    'primitive',
    'current_value',
    'state',
    'confidence',
    'observation_count',
    'last_change_ts',
    'last_observation_ts',
  ],
  properties: {
    primitive: { type: 'string' },
    current_value: valueProperty,
    state: {
      type: 'string',
      enum: ['unknown', 'stable', 'drifting', 'conflicted', 'multi_actor'],
    },
    confidence: { type: 'number', description: 'Of the state, 0 to 1.' },
    observation_count: { type: 'integer', description: 'Length of the series.' },
    last_change_ts: { type: 'number', description: 'Epoch seconds.' },
    last_observation_ts: { type: 'number', description: 'Epoch seconds.' },
  },
}

export const attributionSchema = {
  description: 'The identity and its primitives, sorted by name.',
  type: 'object',
  required: ['identity_uuid', 'primitives', 'truncated', 'meta'],
  properties: {
    identity_uuid: { type: ['string', 'null'], description: 'The literal link.' },
    primitives: { type: 'array', items: primitiveSchema },
    truncated: { type: 'boolean', description: 'The identity has more than 10,000 primitives.' },
    meta: metaSchema,
  },
}
