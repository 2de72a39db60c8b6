import type { Value } from '../../../schemas/records.ts'
import { mergerOf } from '../../../topology/attribution/primitives.ts'
import { judge, type Sighting, type Verdict } from './series-oracle.ts'

/**
 * Attribution as a fold that keeps every observation and knows no tasks, batches or messages: what
 * rows there must be once all is quiet.
 */
export class PlainAttribution {
  readonly #roots = new Map<string, string>()
  readonly #observations = new Map<string, Map<string, Sighting>>()
  readonly #attributed = new Map<string, Sighting[]>()
  readonly #stubOf: (attacker: string) => string

  constructor(stubOf: (attacker: string) => string) {
    this.#stubOf = stubOf
  }

  register(attacker: string): void {
    if (!this.#roots.has(attacker)) this.#roots.set(attacker, this.#stubOf(attacker))
  }

  link(attacker: string, root: string): void {
    this.#roots.set(attacker, root)
  }

  observe(attacker: string, primitive: string, ref: string, ts: number, value: Value): void {
    this.register(attacker)
    const key = `${attacker} ${primitive}`
    const series = entry(this.#observations, key, () => new Map<string, Sighting>())
    const seq = series.get(ref)?.seq ?? series.size
    series.set(ref, { ts, attacker, seq, value })
  }

  attributed(
    identity: string,
    primitive: string,
    attacker: string,
    ts: number,
    value: Value,
  ): void {
    const series = entry(this.#attributed, `${identity} ${primitive}`, () => [])
    // Beside an observation of the same attacker and time that resolve keeps, it comes after.
    series.push({ ts, attacker, seq: 2 ** 48 + series.length, value })
  }

  /** `root attacker` of every attacker known. */
  members(): string[] {
    return [...this.#roots].map(([attacker, root]) => `${root} ${attacker}`)
  }

  /** By `identity primitive`. */
  rows(): Map<string, Verdict & { observationCount: number; lastObservationTs: number }> {
    const all = new Map<string, Sighting[]>()
    for (const [key, series] of this.#attributed) entry(all, key, () => []).push(...series)
    for (const [key, series] of this.#observations) {
      const [attacker, primitive] = key.split(' ') as [string, string]
      const row = `${this.#roots.get(attacker)!} ${primitive}`
      entry(all, row, () => []).push(...series.values())
    }
    return new Map(
      [...all].map(([key, sightings]) => {
        const verdict = judge(mergerOf(key.split(' ')[1]!), sightings)
        const lastObservationTs = Math.max(...sightings.map(({ ts }) => ts))
        return [key, { ...verdict, observationCount: sightings.length, lastObservationTs }]
      }),
    )
  }
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
