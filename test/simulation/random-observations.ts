import type { IngestRecord } from '../../state/query-port.ts'

const primitives: readonly (readonly [string, readonly unknown[]])[] = [
  ['motor.input_modality', ['typed', 'pasted']],
  ['motor.keystroke_cadence', ['steady', 'bursty', 'machine']],
  ['cognitive.cognitive_load', ['low', 'high']],
  ['motor.digraph_simhash', ['00ff00ff00ff00ff', 'ff00ff00ff00ff00', '0123456789abcdef', null]],
  ['toolchain.c2.beacon_interval_ms', [1000, 1500, 9000, true]],
  [
    'toolchain.ssh.kex_algorithm_order',
    [
      ['a', 'b'],
      ['b', 'a'],
      [1, 'x'],
    ],
  ],
]

/**
 * Observations that try everything at once: few attackers, few references (so that repeats and
 * overwrites abound), late times, and now and then bytes that are no observation.
 */
export class RandomObservations {
  readonly #random: () => number
  readonly #attackers: readonly string[]
  readonly #sent: string[] = []
  #count = 0

  constructor(
    random: () => number,
    attackers: readonly string[] = ['attacker-0', 'attacker-1', 'attacker-2', 'attacker-3'],
  ) {
    this.#random = random
    this.#attackers = attackers
  }

  next(nowMs: number): { readonly id: string | null; readonly record: IngestRecord } {
    const attacker = this.#attackers[this.#below(this.#attackers.length)]!
    const chance = this.#random()
    if (chance < 0.04) {
      const value = Buffer.from('{"attacker_uuid":"attacker-0","ts":"not a time"}')
      return { id: null, record: { key: attacker, value, timestampMs: nowMs } }
    }
    if (chance < 0.1 && this.#sent.length > 0) return this.#repeat(nowMs)
    const [primitive, values] = primitives[this.#below(primitives.length)]!
    const ts = Math.floor(nowMs / 1000) - this.#below(4000) / 4
    const id = `id-${this.#count++}`
    const json = JSON.stringify({
      attacker_uuid: attacker,
      id,
      v: 1,
      ts,
      primitive,
      value: values[this.#below(values.length)],
      confidence: 0.8,
      window: { start_ts: ts, end_ts: ts },
      source: 'simulation',
      evidence_ref: this.#random() < 0.7 ? `ref-${this.#below(25)}` : null,
      identity_ref: null,
    })
    this.#sent.push(json)
    return { id, record: { key: attacker, value: Buffer.from(json), timestampMs: nowMs } }
  }

  /** Exactly what was sent before: a sender that heard no answer tries again. */
  #repeat(nowMs: number): { id: string; record: IngestRecord } {
    const json = this.#sent[this.#below(this.#sent.length)]!
    const { id, attacker_uuid: key } = JSON.parse(json) as { id: string; attacker_uuid: string }
    return { id, record: { key, value: Buffer.from(json), timestampMs: nowMs } }
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }
}
