import { structuredValue } from '../../schemas/canonical-json.ts'
import { valueToJson } from '../../schemas/observed-value.ts'
import type { Value } from '../../schemas/records.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { judge, type Sighting } from '../topology/attribution/series-oracle.ts'
import { type CheckResult, Comparison, rounded } from './check-result.ts'
import { PRIMITIVE_OF_KIND, type VectorKind } from './primitive-of-kind.ts'
import { byIdentity, type VectorChange, VectorDriver, type VectorRow } from './vector-driver.ts'

export interface RaisingVector {
  readonly id: string
  readonly kind: VectorKind
  readonly obs: readonly [value: unknown, ts: number, confidence: number][]
  readonly steps: readonly {
    readonly raises: string | null
    readonly row: RecordedRow | null
    readonly event: readonly [old: string | null, now: string][]
  }[]
}

type RecordedRow = readonly [
  state: string,
  currentValue: unknown,
  confidence: number,
  count: number,
  lastTs: number,
  changeTs: number,
]

/**
 * Values that the reference's mergers reject. There the row freezes until the value has left the
 * windows. Here lists and objects are values like others, and what no number can be made of is a
 * dead letter that the series never sees. So:
 *
 * - before the reference first raises, row and event are the recorded ones;
 * - where it does not raise later on, state, value and confidence are the recorded ones;
 * - in every step, row and event are those of a plain fold over the values we take.
 */
export async function checkRaising(vectors: readonly RaisingVector[]): Promise<CheckResult> {
  const driver = new VectorDriver('reference')
  const comparison = new Comparison()
  const cases = vectors.map((vector) => new RaisingCase(vector))
  const steps = Math.max(0, ...vectors.map(({ obs }) => obs.length))
  for (const { id } of vectors) driver.attacker(id)
  for (let step = 0; step < steps; step++) {
    const running = cases.filter(({ vector }) => step < vector.obs.length)
    for (const { vector } of running) {
      const [value, ts, confidence] = vector.obs[step]!
      const primitive = PRIMITIVE_OF_KIND[vector.kind]
      driver.observe({ attacker: vector.id, primitive, value, ts, confidence, ref: `ref-${step}` })
    }
    const changes = byIdentity(await driver.run())
    for (const each of running) {
      const identity = stubIdentity(each.vector.id)
      const row = await driver.row(identity, PRIMITIVE_OF_KIND[each.vector.kind])
      const received = outcome(row, changes.get(identity) ?? [])
      const expected = each.expected(step)
      comparison.step(each.vector.id, step, expected, each.alike(expected, received))
    }
  }
  return comparison.result(vectors.length)
}

interface Outcome {
  readonly row: RecordedRow | null
  readonly event: readonly (readonly [string | null, string | null])[]
}

function outcome(row: VectorRow | null, changes: readonly VectorChange[]): Outcome {
  return {
    row: row && [
      row.state,
      row.current_value,
      row.confidence,
      row.observation_count,
      row.last_observation_ts,
      row.last_change_ts,
    ],
    event: changes.map(({ old_state, new_state }) => [old_state, new_state]),
  }
}

class RaisingCase {
  readonly vector: RaisingVector
  readonly #taken: Sighting[] = []
  #row: RecordedRow | null = null
  #hasRaised = false

  constructor(vector: RaisingVector) {
    this.vector = vector
  }

  expected(step: number): Outcome {
    const { kind, obs, steps } = this.vector
    const recorded = steps[step]!
    this.#hasRaised ||= recorded.raises !== null
    const folded = this.#fold(kind, obs[step]!)
    if (!this.#hasRaised) return { row: recorded.row, event: recorded.event }
    if (recorded.raises !== null || recorded.row === null || folded.row === null) return folded
    const [state, currentValue, confidence] = recorded.row
    const [, , , count, lastTs, changeTs] = folded.row
    return { ...folded, row: [state, currentValue, confidence, count, lastTs, changeTs] }
  }

  alike(expected: Outcome, received: Outcome): Outcome {
    if (this.vector.kind !== 'numeric' || received.row === null) return received
    const [state, currentValue, confidence, count, lastTs, changeTs] = received.row
    const value = rounded(expected.row?.[1], currentValue)
    const sureness = rounded(expected.row?.[2], confidence) as number
    return { ...received, row: [state, value, sureness, count, lastTs, changeTs] }
  }

  #fold(kind: VectorKind, [json, ts]: RaisingVector['obs'][number]): Outcome {
    const isTaken = kind !== 'numeric' || (typeof json === 'number' && Number.isFinite(json))
    if (!isTaken) return { row: this.#row, event: [] }
    const value = typeof json === 'object' ? structuredValue(json!, 'value') : (json as Value)
    this.#taken.push({ ts, attacker: 'x', seq: this.#taken.length, value })
    const { confidence, currentValue, state } = judge(kind, this.#taken)
    const lastTs = Math.max(...this.#taken.map((sighting) => sighting.ts))
    const former = this.#row?.[0] ?? null
    const changeTs = former === state ? this.#row![5] : lastTs
    this.#row = [state, valueToJson(currentValue), confidence, this.#taken.length, lastTs, changeTs]
    return { row: this.#row, event: former === state ? [] : [[former, state]] }
  }
}
