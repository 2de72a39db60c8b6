import type { Value } from '../../../schemas/records.ts'
import { StructuredValue } from '../../../schemas/structured-value.ts'

/**
 * The mergers as the domain words them, over a whole series. Slow and plain on purpose, and of no
 * code in common with the product: it keeps everything and starts anew each time.
 */
export interface Sighting {
  ts: number
  attacker: string
  seq: number
  value: Value
}

export interface Verdict {
  state: string
  currentValue: Value
  confidence: number
}

export function inOrder(sightings: readonly Sighting[]): Sighting[] {
  return [...sightings].sort(
    (a, b) =>
      a.ts - b.ts ||
      Buffer.compare(Buffer.from(a.attacker), Buffer.from(b.attacker)) ||
      a.seq - b.seq,
  )
}

export function judge(kind: string, sightings: readonly Sighting[]): Verdict {
  const sorted = inOrder(sightings)
  if (sorted.length === 0) return { state: 'unknown', currentValue: null, confidence: 0 }
  if (kind === 'hash') return judgeHash(sorted)
  const values = sorted.map(({ value }) => value)
  return kind === 'numeric' ? judgeNumeric(values.map(Number)) : judgeCategorical(values)
}

/** One text per value: equal texts for equal values. */
export function tokenOf(value: Value): string {
  if (value instanceof StructuredValue) return `json ${value.json}`
  if (typeof value === 'string') return `text ${value}`
  return value === null ? 'null' : `number ${Number(value)}`
}

function judgeCategorical(values: Value[]): Verdict {
  const last = values[values.length - 1]!
  if (values.length < 3) return { state: 'unknown', currentValue: last, confidence: 0 }
  const recent = values.slice(-5)
  const older = values.slice(-10, -5)
  const top = tally(recent)
  const confidence = top.count / recent.length
  if (top.count < Math.min(4, recent.length)) {
    const tokens = recent.map(tokenOf)
    const flips = tokens.slice(1).filter((token, i) => token !== tokens[i]).length
    const repeats = tokens.length - 1 - flips
    const isTwo = new Set(tokens).size === 2
    if (recent.length >= 4 && isTwo && flips >= 2 * Math.max(repeats, 1)) {
      return { state: 'multi_actor', currentValue: last, confidence: Math.min(confidence, 0.6) }
    }
    return { state: 'conflicted', currentValue: last, confidence }
  }
  const stable = { state: 'stable', currentValue: top.value, confidence }
  if (older.length === 0) return stable
  const before = tally(older)
  if (before.count < Math.min(4, older.length)) return { ...stable, state: 'drifting' }
  if (tokenOf(before.value) !== tokenOf(top.value)) return { ...stable, state: 'drifting' }
  return stable
}

/** The most frequent value, in the form it had first. */
function tally(values: Value[]): { value: Value; count: number } {
  const counts = new Map<string, { value: Value; count: number }>()
  for (const value of values) {
    const entry = counts.get(tokenOf(value)) ?? { value, count: 0 }
    entry.count++
    counts.set(tokenOf(value), entry)
  }
  return [...counts.values()].reduce((best, entry) => (entry.count > best.count ? entry : best))
}

function judgeNumeric(values: number[]): Verdict {
  if (values.length < 3) {
    return { state: 'unknown', currentValue: values[values.length - 1]!, confidence: 0 }
  }
  const recent = values.slice(-5)
  const older = values.slice(-10, -5)
  const mean = smoothed(recent)
  const spread = Math.sqrt(recent.reduce((sum, x) => sum + (x - mean) ** 2, 0) / recent.length)
  const cv = mean === 0 ? (spread === 0 ? 0 : 1e9) : spread / Math.abs(mean)
  if (cv > 1) return { state: 'conflicted', currentValue: mean, confidence: 0.5 }
  const confidence = Math.max(0, 1 - Math.min(cv, 1))
  if (older.length > 0) {
    const before = smoothed(older)
    const moved = Math.abs(mean - before) / (before === 0 ? 1 : Math.abs(before))
    if (moved >= 0.3) return { state: 'drifting', currentValue: mean, confidence }
  }
  return { state: 'stable', currentValue: mean, confidence }
}

function smoothed(values: number[]): number {
  return values.reduce((mean, x) => 0.3 * x + (1 - 0.3) * mean)
}

function judgeHash(sorted: Sighting[]): Verdict {
  const newest = sorted[sorted.length - 1]!
  const tokens = sorted
    .filter(({ ts, value }) => ts >= newest.ts - 86_400 && value !== null)
    .map(({ value }) => tokenOf(value))
  const rotations = Math.max(0, new Set(tokens).size - 1)
  const state = rotations === 0 ? 'stable' : rotations <= 2 ? 'drifting' : 'conflicted'
  return { state, currentValue: newest.value, confidence: 1 / (1 + rotations) }
}
