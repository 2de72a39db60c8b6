import fc from 'fast-check'
import { structuredValue } from '../../schemas/canonical-json.ts'
import type { RecordName, RecordTypes } from '../../schemas/record-types.ts'
import type { Cause, MoveCause, State, Value } from '../../schemas/records.ts'
import { WORKER_ACTIONS, WORKERS } from '../../schemas/worker-records.ts'

/** Random valid records of every kind. −0 is left out: it reads as 0, and has tests of its own. */

const text = (maxLength: number) => fc.string({ unit: 'binary', maxLength })
const id = fc.string({
  unit: fc.constantFrom('a', '7', '-', '.', ':', '/', ' ', '"', '\\', 'é', '中', '🙂'),
  minLength: 1,
  maxLength: 32,
})
const segment = fc.string({
  unit: fc.constantFrom('a', 'z', '_', '0', 'é'),
  minLength: 1,
  maxLength: 9,
})
const primitive = fc
  .array(segment, { minLength: 2, maxLength: 3 })
  .map((segments) => segments.join('.'))
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0)
const ts = fc.double({ min: 0, max: 1e11, maxExcluded: true, noNaN: true })
const ratio = fc.double({ min: 0, max: 1, noNaN: true })
const list = fc.array(fc.oneof(number, text(8)), { maxLength: 12 })
const object = fc.dictionary(
  fc.oneof(text(6), fc.constantFrom('__proto__', 'constructor', '10', '9')),
  fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
  { maxKeys: 5, noNullPrototype: true },
)
export const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  number,
  text(40),
  fc.oneof(list, object).map((json) => structuredValue(json, 'value')),
)
const state = fc.option(
  fc.constantFrom<State>('unknown', 'stable', 'drifting', 'conflicted', 'multi_actor'),
)
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 })
const nullable = (maxLength: number) => fc.option(text(maxLength))
const texts = fc.array(text(20), { maxLength: 4 })
const reference = fc.option(id)
const bytes = fc.option(fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b)))

const envelope = {
  attacker_uuid: id,
  id,
  v: fc.constant(1),
  ts,
  primitive,
  value,
  confidence: ratio,
  source: id,
  evidence_ref: reference,
}

const assigned = fc.record({
  campaign_uuid: id,
  identity_uuid: id,
  prior_campaign_uuid: reference,
})
const code = fc.constantFrom('T1110', 'T1110.001', 'TA0006')

export const records: { readonly [K in RecordName]: fc.Arbitrary<RecordTypes[K]> } = {
  observation: fc.record({
    ...envelope,
    window: fc.tuple(number, number).map(([a, b]) => ({
      start_ts: Math.min(a, b),
      end_ts: Math.max(a, b),
    })),
    identity_ref: reference,
  }),
  'identity-observation': fc.record({ ...envelope, identity_uuid: id }),
  'attacker-profile': fc.record({
    attacker_uuid: id,
    attacker_ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6())),
    first_seen: fc.constant(0),
    last_seen: ts,
    asn: fc.option(fc.integer({ min: 0, max: 0xffffffff })),
    fingerprints: fc.array(fc.record({ kind: id, hash: nullable(30), value: nullable(30) }), {
      maxLength: 3,
    }),
    payload_hashes: texts,
    c2_endpoints: texts,
    credentials: fc.array(fc.record({ user: text(9), password: text(9) }), { maxLength: 3 }),
    commands: fc.uniqueArray(fc.record({ phase: segment, commands: texts }), {
      maxLength: 3,
      selector: (entry) => entry.phase,
    }),
  }),
  'identity-link': fc.record({
    attacker_uuid: id,
    identity_uuid: id,
    root_uuid: id,
    cause: fc.constantFrom<MoveCause>('link', 'merge', 'unmerge'),
  }),
  'state-changed': fc.record({
    identity_uuid: id,
    primitive,
    old_state: state,
    new_state: state,
    current_value: value,
    confidence: ratio,
    observation_count: count,
    ts,
    cause: fc.constantFrom<Cause>('observation', 'link', 'merge', 'unmerge'),
  }),
  'multi-actor-suspected': fc.record({
    identity_uuid: id,
    primitives: fc.array(primitive),
    evidence_summary: text(300),
    confidence: ratio,
    ts,
  }),
  'multi-actor-cleared': fc.record({ identity_uuid: id, primitives: fc.array(primitive), ts }),
  'dead-letter': fc.record({
    topic: id,
    partition: fc.nat(),
    offset: count,
    error_class: id,
    error_message: text(300),
    key: bytes,
    value: bytes,
    timestamp_ms: fc.integer({ min: -1 }),
  }),
  'identity-formed': fc.record({ identity_uuid: id, observation_uuids: fc.array(id) }),
  'identity-observation-linked': fc.record({ identity_uuid: id, observation_uuid: id }),
  'identity-merged': fc.record({ winner_uuid: id, loser_uuid: id }),
  'identity-unmerged': fc.record({ resurrected_uuid: id, former_winner_uuid: id }),
  'evidence-generic': fc.record({
    kind: fc.constantFrom('ja3' as const, 'hassh' as const, 'payload' as const, 'c2' as const),
    value: text(40),
    generic: fc.boolean(),
    holders: count,
  }),
  'campaign-formed': fc.record({ campaign_uuid: id, identity_uuids: fc.array(id) }),
  'campaign-identity-assigned': assigned,
  'identity-campaign-assigned': assigned,
  'campaign-merged': fc.record({ winner_uuid: id, loser_uuid: id }),
  'campaign-unmerged': fc.record({ resurrected_uuid: id, former_winner_uuid: id }),
  'technique-tag': fc.record({
    tag_uuid: id,
    attacker_uuid: id,
    identity_uuid: reference,
    session_id: reference,
    decky_id: reference,
    technique_id: code,
    sub_technique_id: fc.option(code),
    tactic: code,
    confidence: ratio,
    created_ts: ts,
  }),
  'worker-health': fc.record({
    worker: fc.constantFrom(...WORKERS),
    status: fc.constantFrom('running' as const, 'paused' as const),
    ts,
    last_pass_ts: fc.option(ts),
    passes: count,
    pending: count,
    members: count,
    groups: count,
    failures: count,
  }),
  'worker-control': fc.record({
    action: fc.constantFrom(...WORKER_ACTIONS),
    requested_by: id,
    ts,
  }),
}
