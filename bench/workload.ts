import type { IdentityObservation, Observation } from '../schemas/records.ts'
import { Random } from './random.ts'

/**
 * Observations of the shape that side-by-side runs with other engines use: five categorical
 * primitives, 85 % steady values, 5 % up to a minute late, identities skewed (the square of a
 * uniform draw). Deterministic for a seed.
 */
const PRIMITIVES: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['motor.input_modality', ['typed', 'pasted', 'mixed']],
  ['cognitive.feedback_loop_engagement', ['closed_loop', 'fire_and_forget', 'unknown']],
  ['temporal.session_duration', ['short', 'medium', 'long', 'marathon']],
  ['cognitive.cognitive_load', ['low', 'medium', 'high']],
  ['motor.keystroke_cadence', ['machine', 'steady', 'bursty', 'hunt_and_peck']],
]

const START_TS = 1_714_000_000

export class Workload {
  readonly #identities: string[]
  readonly #random: Random
  #count = 0

  constructor(identities: number, seed = 1) {
    this.#random = new Random(seed)
    this.#identities = Array.from({ length: identities }, () => this.#random.uuid())
  }

  identityObservation(): IdentityObservation {
    const drawn = this.#draw()
    return {
      identity_uuid: drawn.who,
      attacker_uuid: drawn.who,
      id: drawn.id,
      v: 1,
      ts: drawn.ts,
      primitive: drawn.primitive,
      value: drawn.value,
      confidence: 0.9,
      evidence_ref: drawn.evidenceRef,
      source: 'behave/shell',
    }
  }

  observation(): Observation {
    const drawn = this.#draw()
    return {
      attacker_uuid: drawn.who,
      id: drawn.id,
      v: 1,
      ts: drawn.ts,
      primitive: drawn.primitive,
      value: drawn.value,
      confidence: 0.9,
      window: { start_ts: drawn.ts - 60, end_ts: drawn.ts },
      source: 'behave/shell',
      evidence_ref: drawn.evidenceRef,
      identity_ref: null,
    }
  }

  #draw() {
    const i = this.#count++
    const k = Math.floor(this.#random.next() ** 2 * this.#identities.length)
    const [primitive, values] = PRIMITIVES[this.#random.below(PRIMITIVES.length)]!
    const noise = this.#random.below(100)
    const value = values[noise < 85 ? k % values.length : this.#random.below(values.length)]!
    return {
      who: this.#identities[k]!,
      id: this.#random.uuid().replaceAll('-', ''),
      ts: START_TS + i * 0.25 - (noise < 5 ? this.#random.below(60) : 0),
      primitive,
      value,
      evidenceRef: `shard:decky-${k % 12}/ssh/${i}`,
    }
  }
}
