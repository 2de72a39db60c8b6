import { setTimeout as pause } from 'node:timers/promises'
import { BrokerError } from '../../../broker/errors.ts'
import type { Broker } from '../../../broker/port.ts'
import { IngestService } from '../../../runtime/ingest-service.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import type { IngestRecord } from '../../../state/query-port.ts'
import { seededRandom } from '../../simulation/random.ts'

export interface LoadOptions {
  readonly seed: number
  readonly records: number
  readonly attackers: number
  /** Over how long the records are spread, at least. */
  readonly durationMs: number
  /** Makes values that may be any text longer by so much. @default 0 */
  readonly paddingBytes?: number
}

const PRIMITIVES: readonly (readonly [name: string, values: readonly unknown[]])[] = [
  ['motor.input_modality', ['typed', 'pasted']],
  ['motor.keystroke_cadence', ['steady', 'bursty', 'machine']],
  ['cognitive.cognitive_load', ['low', 'high']],
  ['motor.digraph_simhash', ['00ff00ff00ff00ff', 'ff00ff00ff00ff00']],
  ['toolchain.c2.beacon_interval_ms', [1000, 1500, 9000]],
]
const BATCH = 500
const START_TS = 1_760_000_000

/**
 * Observations for a run with faults: many attackers, late times, repeats, and now and then bytes
 * that are no observation.
 */
export class ChaosLoad {
  /** Ids that the log acknowledged. */
  readonly acknowledged = new Set<string>()
  readonly #options: LoadOptions
  readonly #random: () => number
  #count = 0
  #last: IngestRecord | null = null

  constructor(options: LoadOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
  }

  get progress(): number {
    return this.#count / this.#options.records
  }

  /** Sends everything; what fails is sent again, so the log may hold a record twice. */
  async send(broker: Broker): Promise<void> {
    const { durationMs, records } = this.#options
    const ingest = new IngestService(broker)
    const startedMs = Date.now()
    while (this.#count < records) {
      const portion = Array.from({ length: Math.min(BATCH, records - this.#count) }, () =>
        this.#next(),
      )
      await this.#append(ingest, portion)
      const aheadMs = this.progress * durationMs - (Date.now() - startedMs)
      if (aheadMs > 0) await pause(aheadMs)
    }
    await ingest.close()
  }

  async #append(ingest: IngestService, portion: readonly Sent[]): Promise<void> {
    for (;;) {
      try {
        await ingest.append(
          PUBLIC_TOPICS.observation,
          portion.map(({ record }) => record),
        )
        for (const { id } of portion) if (id !== null) this.acknowledged.add(id)
        return
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error
        await pause(200)
      }
    }
  }

  #next(): Sent {
    const count = this.#count++
    const chance = this.#random()
    const attacker = `attacker-${this.#below(this.#options.attackers)}`
    const timestampMs = Date.now()
    if (chance < 0.001) {
      const value = Buffer.from('{"attacker_uuid":"attacker-0","ts":"not a time"}')
      return { id: null, record: { key: attacker, value, timestampMs } }
    }
    if (chance < 0.01 && this.#last !== null) return { id: null, record: this.#last }
    const [primitive, values] = PRIMITIVES[this.#below(PRIMITIVES.length)]!
    const ts = START_TS + count / 16 - (chance < 0.1 ? this.#below(120) : 0)
    const id = `observation-${this.#options.seed}-${count}`
    const json = JSON.stringify({
      attacker_uuid: attacker,
      id,
      v: 1,
      ts,
      primitive,
      value: this.#padded(primitive, values[this.#below(values.length)]),
      confidence: 0.8,
      window: { start_ts: ts, end_ts: ts },
      source: 'chaos',
      evidence_ref: chance < 0.7 ? `reference-${this.#below(40)}` : null,
      identity_ref: null,
    })
    const record = { key: attacker, value: Buffer.from(json), timestampMs }
    this.#last = record
    return { id, record }
  }

  #padded(primitive: string, value: unknown): unknown {
    const { paddingBytes = 0 } = this.#options
    const isAnyText = typeof value === 'string' && !primitive.endsWith('_simhash')
    return isAnyText ? value + '.'.repeat(paddingBytes) : value
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }
}

interface Sent {
  /** Null: no observation, or one that was sent before. */
  readonly id: string | null
  readonly record: IngestRecord
}
