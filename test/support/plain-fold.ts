/**
 * The oracle: attribution as a plain fold over observations, written from the domain's rules and
 * sharing no code with the product. Slow and obvious on purpose: it keeps every observation and
 * sorts the whole series each time.
 */

export interface PlainObservation {
  attacker_uuid: string
  id: string
  ts: number
  primitive: string
  value: unknown
  evidence_ref: string | null
}

export interface PlainRow {
  current_value: unknown
  state: string
  confidence: number
  observation_count: number
  last_change_ts: number
  last_observation_ts: number
}

export type PooledRow = Omit<PlainRow, 'last_change_ts'>

export interface PlainTransition {
  primitive: string
  old_state: string | null
  new_state: string
  current_value: unknown
  confidence: number
  observation_count: number
  ts: number
}

export interface PlainAlert {
  kind: 'suspected' | 'cleared'
  primitives: string[]
}

interface Stored {
  ts: number
  value: unknown
  seq: number
}

const HASH_PRIMITIVES = new Set([
  'motor.digraph_simhash',
  'toolchain.tls.jarm_server',
  'toolchain.ssh.hassh_client',
  'toolchain.payload.payload_simhash',
])
const NUMERIC_PRIMITIVES = new Set(['toolchain.c2.beacon_interval_ms'])
const DAY_S = 86_400

/** Every attacker is an identity of its own: nothing links or merges here. */
export class PlainFold {
  readonly rows = new Map<string, Map<string, PlainRow>>()
  readonly transitions = new Map<string, PlainTransition[]>()
  readonly alerts = new Map<string, PlainAlert[]>()
  /** Every change in the order it happened, per attacker. */
  readonly #series = new Map<string, Map<string, Stored>>()
  readonly #seq = new Map<string, number>()
  readonly #entered = new Map<string, Map<string, number>>()
  readonly #announced = new Map<string, string>()

  observe(observation: PlainObservation): void {
    const { attacker_uuid: attacker, primitive, ts, value } = observation
    const ref = observation.evidence_ref ?? observation.id
    const seriesKey = `${attacker} ${primitive}`
    const series = entry(this.#series, seriesKey, () => new Map<string, Stored>())
    const known = series.get(ref)
    if (known?.ts === ts && same(known.value, value)) return
    const seq = known?.seq ?? (this.#seq.get(attacker) ?? 0) + 1
    if (known === undefined) this.#seq.set(attacker, seq)
    series.set(ref, { ts, value, seq })

    const sorted = [...series.values()].sort((a, b) => a.ts - b.ts || a.seq - b.seq)
    const merged = merge(primitive, sorted)
    const rows = entry(this.rows, attacker, () => new Map<string, PlainRow>())
    const prior = rows.get(primitive)
    const last = sorted[sorted.length - 1]!.ts
    const changed = prior?.state !== merged.state
    rows.set(primitive, {
      ...merged,
      observation_count: sorted.length,
      last_change_ts: changed ? last : prior.last_change_ts,
      last_observation_ts: last,
    })
    if (!changed) return
    entry(this.transitions, attacker, () => []).push({
      primitive,
      old_state: prior?.state ?? null,
      new_state: merged.state,
      current_value: merged.current_value,
      confidence: merged.confidence,
      observation_count: sorted.length,
      ts: last,
    })
    this.#join(attacker, primitive, merged.state, last)
  }

  /**
   * The rows that pooled attackers make, by `root primitive`. When a row last changed is history,
   * and depends on what was pooled when; all else does not.
   */
  pooled(rootOf: (attacker: string) => string): Map<string, PooledRow> {
    const pools = new Map<string, (Stored & { attacker: string })[]>()
    for (const [key, series] of this.#series) {
      const [attacker, primitive] = key.split(' ') as [string, string]
      const pool = entry(pools, `${rootOf(attacker)} ${primitive}`, () => [])
      for (const stored of series.values()) pool.push({ ...stored, attacker })
    }
    const rows = [...pools].map(([key, pool]): [string, PooledRow] => {
      pool.sort((a, b) => a.ts - b.ts || byBytes(a.attacker, b.attacker) || a.seq - b.seq)
      const counted = {
        observation_count: pool.length,
        last_observation_ts: pool[pool.length - 1]!.ts,
      }
      return [key, { ...merge(key.split(' ')[1]!, pool), ...counted }]
    })
    return new Map(rows)
  }

  /** What is kept of an attacker's observations of a primitive. */
  valuesOf(attacker: string, primitive: string): unknown[] {
    const series = this.#series.get(`${attacker} ${primitive}`)
    return [...(series?.values() ?? [])].map(({ value }) => value)
  }

  #join(attacker: string, primitive: string, state: string, ts: number): void {
    const entered = entry(this.#entered, attacker, () => new Map<string, number>())
    if (state === 'multi_actor') entered.set(primitive, ts)
    else entered.delete(primitive)
    const newest = Math.max(...entered.values())
    const members = [...entered].filter(([, at]) => at >= newest - DAY_S).map(([name]) => name)
    members.sort()
    const announced = this.#announced.get(attacker)
    if (members.length >= 2) {
      if (announced === members.join()) return
      this.#announced.set(attacker, members.join())
      entry(this.alerts, attacker, () => []).push({ kind: 'suspected', primitives: members })
    } else if (announced !== undefined) {
      this.#announced.delete(attacker)
      const primitives = announced.split(',')
      entry(this.alerts, attacker, () => []).push({ kind: 'cleared', primitives })
    }
  }
}

type Merged = Pick<PlainRow, 'current_value' | 'state' | 'confidence'>

function merge(primitive: string, series: Stored[]): Merged {
  if (HASH_PRIMITIVES.has(primitive)) return mergeHash(series)
  if (NUMERIC_PRIMITIVES.has(primitive)) return mergeNumeric(series.map(({ value }) => value))
  return mergeCategorical(series.map(({ value }) => value))
}

function mergeCategorical(values: unknown[]): Merged {
  const last = values[values.length - 1]
  if (values.length < 3) return { state: 'unknown', current_value: last, confidence: 0 }
  const recent = values.slice(-5)
  const older = values.slice(0, -5).slice(-5)
  const top = mostFrequent(recent)
  const confidence = top.count / recent.length
  if (top.count < Math.min(4, recent.length)) {
    const distinct = recent.filter((v, i) => recent.findIndex((w) => same(v, w)) === i).length
    let flips = 0
    for (let i = 1; i < recent.length; i++) if (!same(recent[i], recent[i - 1])) flips++
    const repeats = recent.length - 1 - flips
    if (recent.length >= 4 && distinct === 2 && flips >= 2 * Math.max(repeats, 1)) {
      return { state: 'multi_actor', current_value: last, confidence: Math.min(confidence, 0.6) }
    }
    return { state: 'conflicted', current_value: last, confidence }
  }
  let state = 'stable'
  if (older.length > 0) {
    const before = mostFrequent(older)
    const clear = before.count >= Math.min(4, older.length)
    if (!clear || !same(before.value, top.value)) state = 'drifting'
  }
  return { state, current_value: top.value, confidence }
}

function mostFrequent(values: unknown[]): { value: unknown; count: number } {
  let best = { value: values[0], count: 0 }
  for (const value of values) {
    const count = values.filter((other) => same(other, value)).length
    if (count > best.count) best = { value, count }
  }
  return best
}

function mergeNumeric(raw: unknown[]): Merged {
  const values = raw.map(Number)
  const last = values[values.length - 1]!
  if (values.length < 3) return { state: 'unknown', current_value: last, confidence: 0 }
  const recent = values.slice(-5)
  const older = values.slice(0, -5).slice(-5)
  const mean = ewma(recent)
  const variance = recent.reduce((sum, x) => sum + (x - mean) ** 2, 0) / recent.length
  const cv = mean === 0 ? (variance === 0 ? 0 : 1e9) : Math.sqrt(variance) / Math.abs(mean)
  if (cv > 1) return { state: 'conflicted', current_value: mean, confidence: 0.5 }
  const confidence = Math.max(0, 1 - Math.min(cv, 1))
  let state = 'stable'
  if (older.length > 0) {
    const before = ewma(older)
    const shift = Math.abs(mean - before) / (before === 0 ? 1 : Math.abs(before))
    if (shift >= 0.3) state = 'drifting'
  }
  return { state, current_value: mean, confidence }
}

function ewma(values: number[]): number {
  return values.slice(1).reduce((mean, x) => 0.3 * x + 0.7 * mean, values[0]!)
}

function mergeHash(series: Stored[]): Merged {
  const last = series[series.length - 1]!
  const inWindow = series.filter(({ ts, value }) => ts >= last.ts - DAY_S && value !== null)
  const distinct = inWindow.filter(
    ({ value }, i) => inWindow.findIndex((other) => same(other.value, value)) === i,
  )
  const rotations = Math.max(0, distinct.length - 1)
  const state = rotations === 0 ? 'stable' : rotations <= 2 ? 'drifting' : 'conflicted'
  return { state, current_value: last.value, confidence: 1 / (1 + rotations) }
}

/** Of equal times the attacker whose id's bytes are smaller comes first. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** `true` is 1 and `false` is 0; text never equals a number; lists and objects by content. */
function same(a: unknown, b: unknown): boolean {
  const plain = (v: unknown) =>
    typeof v === 'boolean' ? Number(v) : typeof v === 'object' && v !== null ? canonical(v) : v
  return plain(a) === plain(b)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
