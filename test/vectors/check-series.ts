import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { type CheckResult, Comparison, rounded } from './check-result.ts'
import { PRIMITIVE_OF_KIND, type VectorKind } from './primitive-of-kind.ts'
import { byIdentity, type PolicyName, type VectorChange, VectorDriver } from './vector-driver.ts'

export interface SeriesVector {
  readonly id: string
  readonly kind: VectorKind
  readonly obs: readonly [value: unknown, ts: number, confidence: number][]
  readonly state: readonly string[]
  readonly value: readonly unknown[]
  readonly confidence: readonly number[]
  readonly last_ts: readonly number[]
  readonly change_ts: readonly number[]
  readonly events: readonly [step: number, old: string | null, now: string][]
}

/** Each case is an attacker of its own; all cases take their n-th observation together. */
export async function checkSeries(
  vectors: readonly SeriesVector[],
  policy: PolicyName,
): Promise<CheckResult> {
  const driver = new VectorDriver(policy)
  const comparison = new Comparison()
  const steps = Math.max(0, ...vectors.map(({ obs }) => obs.length))
  for (const vector of vectors) driver.attacker(vector.id)
  for (let step = 0; step < steps; step++) {
    const running = vectors.filter(({ obs }) => step < obs.length)
    for (const { id, kind, obs } of running) {
      const [value, ts, confidence] = obs[step]!
      const primitive = PRIMITIVE_OF_KIND[kind]
      driver.observe({ attacker: id, primitive, value, ts, confidence, ref: `ref-${step}` })
    }
    const changes = byIdentity(await driver.run())
    for (const vector of running) {
      const identity = stubIdentity(vector.id)
      const expected = expectation(vector, step, identity)
      const received = {
        row: await driver.row(identity, PRIMITIVE_OF_KIND[vector.kind]),
        events: changes.get(identity) ?? [],
      }
      comparison.step(vector.id, step, expected, alike(vector.kind, expected, received))
    }
  }
  return comparison.result(vectors.length)
}

interface Outcome {
  readonly row: Readonly<Record<string, unknown>> | null
  readonly events: readonly VectorChange[]
}

function expectation(vector: SeriesVector, step: number, identity: string): Outcome {
  const row = {
    state: vector.state[step]!,
    current_value: vector.value[step],
    confidence: vector.confidence[step]!,
    observation_count: step + 1,
    last_change_ts: vector.change_ts[step]!,
    last_observation_ts: vector.last_ts[step]!,
  }
  const events = vector.events
    .filter(([at]) => at === step)
    .map(([, oldState, newState]) => ({
      identity_uuid: identity,
      primitive: PRIMITIVE_OF_KIND[vector.kind],
      old_state: oldState,
      new_state: newState,
      current_value: row.current_value,
      confidence: row.confidence,
      observation_count: row.observation_count,
      ts: row.last_observation_ts,
    }))
  return { row, events: events as unknown as VectorChange[] }
}

/** Results of the numeric merger compare at 1e-9, everything else exactly. */
export function alike(kind: VectorKind, expected: Outcome, received: Outcome): Outcome {
  if (kind !== 'numeric') return received
  return {
    row: received.row === null ? null : alikeNumbers(expected.row ?? {}, received.row),
    events: received.events.map(
      (event, i) =>
        alikeNumbers({ ...expected.events[i] }, { ...event }) as unknown as VectorChange,
    ),
  }
}

export function alikeNumbers(
  expected: Readonly<Record<string, unknown>>,
  received: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    ...received,
    current_value: rounded(expected['current_value'], received['current_value']),
    confidence: rounded(expected['confidence'], received['confidence']),
  }
}
