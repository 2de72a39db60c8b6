import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { RecordName, RecordTypes } from '../../schemas/record-types.ts'
import type {
  Credential,
  Fingerprint,
  IdentityObservationView,
  Observation,
  ObservationView,
  PhaseCommands,
} from '../../schemas/records.ts'
import { currentSchema, RECORD_NAMES, schemaVersions } from '../../schemas/schema-files.ts'
import { readerSchema } from '../../schemas/views.ts'

/** Every key of an interface, no more and no fewer: the compiler holds each list to its type. */
type Keys<T> = Readonly<Record<keyof T, true>>

const fields: { readonly [K in RecordName]: Keys<RecordTypes[K]> } = {
  observation: {
    attacker_uuid: true,
    id: true,
    v: true,
    ts: true,
    primitive: true,
    value: true,
    confidence: true,
    window: true,
    source: true,
    evidence_ref: true,
    identity_ref: true,
  },
  'attacker-profile': {
    attacker_uuid: true,
    attacker_ip: true,
    first_seen: true,
    last_seen: true,
    asn: true,
    fingerprints: true,
    payload_hashes: true,
    c2_endpoints: true,
    credentials: true,
    commands: true,
  },
  'identity-link': { attacker_uuid: true, identity_uuid: true, root_uuid: true, cause: true },
  'identity-observation': {
    identity_uuid: true,
    attacker_uuid: true,
    id: true,
    v: true,
    ts: true,
    primitive: true,
    value: true,
    confidence: true,
    evidence_ref: true,
    source: true,
  },
  'state-changed': {
    identity_uuid: true,
    primitive: true,
    old_state: true,
    new_state: true,
    current_value: true,
    confidence: true,
    observation_count: true,
    ts: true,
    cause: true,
  },
  'multi-actor-suspected': {
    identity_uuid: true,
    primitives: true,
    evidence_summary: true,
    confidence: true,
    ts: true,
  },
  'multi-actor-cleared': { identity_uuid: true, primitives: true, ts: true },
  'dead-letter': {
    topic: true,
    partition: true,
    offset: true,
    error_class: true,
    error_message: true,
    key: true,
    value: true,
    timestamp_ms: true,
  },
  'identity-formed': { identity_uuid: true, observation_uuids: true },
  'identity-observation-linked': { identity_uuid: true, observation_uuid: true },
  'identity-merged': { winner_uuid: true, loser_uuid: true },
  'identity-unmerged': { resurrected_uuid: true, former_winner_uuid: true },
  'evidence-generic': { kind: true, value: true, generic: true, holders: true },
  'campaign-formed': { campaign_uuid: true, identity_uuids: true },
  'campaign-identity-assigned': {
    campaign_uuid: true,
    identity_uuid: true,
    prior_campaign_uuid: true,
  },
  'identity-campaign-assigned': {
    campaign_uuid: true,
    identity_uuid: true,
    prior_campaign_uuid: true,
  },
  'campaign-merged': { winner_uuid: true, loser_uuid: true },
  'campaign-unmerged': { resurrected_uuid: true, former_winner_uuid: true },
  'technique-tag': {
    tag_uuid: true,
    attacker_uuid: true,
    identity_uuid: true,
    session_id: true,
    decky_id: true,
    technique_id: true,
    sub_technique_id: true,
    tactic: true,
    confidence: true,
    created_ts: true,
  },
  'worker-health': {
    worker: true,
    status: true,
    ts: true,
    last_pass_ts: true,
    passes: true,
    pending: true,
    members: true,
    groups: true,
    failures: true,
  },
  'worker-control': { action: true, requested_by: true, ts: true },
}

const nested: {
  readonly Window: Keys<Observation['window']>
  readonly Fingerprint: Keys<Fingerprint>
  readonly Credential: Keys<Credential>
  readonly PhaseCommands: Keys<PhaseCommands>
  readonly JsonObject: Keys<{ json: string }>
} = {
  Window: { start_ts: true, end_ts: true },
  Fingerprint: { kind: true, hash: true, value: true },
  Credential: { user: true, password: true },
  PhaseCommands: { phase: true, commands: true },
  JsonObject: { json: true },
}

const views: {
  readonly 'observation-view': Keys<ObservationView>
  readonly 'identity-observation-view': Keys<IdentityObservationView>
} = {
  'observation-view': {
    attacker_uuid: true,
    id: true,
    ts: true,
    primitive: true,
    value: true,
    confidence: true,
    evidence_ref: true,
  },
  'identity-observation-view': {
    identity_uuid: true,
    attacker_uuid: true,
    ts: true,
    primitive: true,
    value: true,
  },
}

interface Node {
  readonly name?: string
  readonly type?: unknown
  readonly doc?: string
  readonly fields?: readonly Node[]
  readonly symbols?: readonly string[]
}

/** Every object of a schema that has a name: records, enumerations, fields. */
function named(schema: unknown, path = ''): (readonly [path: string, node: Node])[] {
  if (Array.isArray(schema)) return schema.flatMap((branch) => named(branch, path))
  if (typeof schema !== 'object' || schema === null) return []
  const node = schema as Node & { readonly items?: unknown }
  const here = node.name === undefined ? path : `${path}/${node.name}`
  return [
    ...(node.name === undefined ? [] : [[here, node] as const]),
    ...named(node.fields, here),
    ...named(node.items, here),
    ...(typeof node.type === 'object' ? named(node.type, here) : []),
  ]
}

/** What a field's documentation must name: a unit, or the kind of thing that it is. */
const UNIT =
  /[Ss]econds|Flag|Milliseconds|Ratio|Count|Number|Text|text|[Dd]otted path|Enumeration|Bytes|bytes|unit|Version|set of|stretch|JSON|by phase|in the order/

describe.each(RECORD_NAMES)('%s', (name) => {
  const { schema } = currentSchema(name)
  const nodes = named(schema)

  test('has the fields of its interface', () => {
    expect(schema.fields.map((field) => field.name).sort()).toEqual(
      Object.keys(fields[name]).sort(),
    )
    for (const [, node] of nodes.filter(([path]) => path.split('/').length > 2)) {
      if (node.fields === undefined) continue
      const keys = Object.keys(nested[node.name as keyof typeof nested])
      expect(node.fields.map((field) => field.name)).toEqual(keys)
    }
  })

  test('documents each record and field, with the unit', () => {
    for (const [path, node] of nodes) {
      expect(node.doc ?? '', path).not.toBe('')
      if (node.fields === undefined && node.symbols === undefined) {
        expect(node.doc, path).toMatch(UNIT)
      }
    }
  })

  test('names records once, in one name space', () => {
    expect(schema.namespace).toBe('attribution.streams')
    const text = readFileSync(new URL(`../../schemas/${name}.avsc`, import.meta.url), 'utf8')
    expect(text.match(/"namespace"/g)).toHaveLength(1)
  })
})

test('every version has an id of its own', () => {
  const ids = RECORD_NAMES.flatMap((name) => schemaVersions(name).map((version) => version.id))
  expect(new Set(ids).size).toBe(ids.length)
  expect(Math.min(...ids)).toBeGreaterThanOrEqual(1_000)
})

test.each(['observation-view', 'identity-observation-view'] as const)(
  '%s reads at least the fields of its type',
  (view) => {
    const read = readerSchema(view).fields.map((field) => field.name)
    expect(read).toEqual(expect.arrayContaining(Object.keys(views[view])))
  },
)
