import type { IdentityObservation, Observation } from '../schemas/records.ts'

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
  #state: number
  #count = 0

  constructor(identities: number, seed = 1) {
    this.#state = seed >>> 0
    this.#identities = Array.from({ length: identities }, () => this.#uuid())
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
    const k = Math.floor(this.#random() ** 2 * this.#identities.length)
    const [primitive, values] = PRIMITIVES[this.#below(PRIMITIVES.length)]!
    const noise = this.#below(100)
    const value = values[noise < 85 ? k % values.length : this.#below(values.length)]!
    return {
      who: this.#identities[k]!,
      id: this.#uuid().replaceAll('-', ''),
      ts: START_TS + i * 0.25 - (noise < 5 ? this.#below(60) : 0),
      primitive,
      value,
      evidenceRef: `shard:decky-${k % 12}/ssh/${i}`,
    }
  }

  /** Mulberry32: small, fast, and the same everywhere. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  #uuid(): string {
    const hex = (digits: number) =>
      Math.floor(this.#random() * 16 ** digits)
        .toString(16)
        .padStart(digits, '0')
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(6)}${hex(6)}`
  }
}
