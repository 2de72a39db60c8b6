import type { Value } from '../../../schemas/records.ts'
import { isEqualValue } from '../value.ts'
import { type Merged, type MergedSeries, OBSERVATIONS_MIN, WINDOW_LENGTH } from './merged.ts'

/** Equal values that make a window clear; all of a smaller window. */
const MAJORITY = 4
const MULTI_ACTOR_CONFIDENCE_MAX = 0.6

/**
 * Merges a series of categories by majority in a window of five and a comparison with the five
 * before; an even alternation of two values is two pairs of hands.
 *
 * Sensor confidences are not used. The value reported for a clear window is its earliest occurrence
 * there, since equal values may differ in form (`1`, `true`).
 */
export function mergeCategorical(series: MergedSeries): Merged {
  const { values, count } = series
  const end = series.length
  const last = end === 0 ? null : values[end - 1]!
  if (count < OBSERVATIONS_MIN) return { state: 'unknown', currentValue: last, confidence: 0 }

  const from = Math.max(0, end - WINDOW_LENGTH)
  const size = end - from
  const top = topOf(values, from, end)
  const topCount = countOf(values, top, end, values[top]!)
  const confidence = topCount / size
  if (topCount < Math.min(MAJORITY, size)) {
    if (size >= MAJORITY && isAlternation(values, from, end)) {
      const bounded = Math.min(confidence, MULTI_ACTOR_CONFIDENCE_MAX)
      return { state: 'multi_actor', currentValue: last, confidence: bounded }
    }
    return { state: 'conflicted', currentValue: last, confidence }
  }
  const currentValue = values[top]!
  const state = from === 0 || isLikeOlder(values, from, currentValue) ? 'stable' : 'drifting'
  return { state, currentValue, confidence }
}

/** Index of the first of the most frequent values in start ≤ i < end. */
function topOf(values: readonly Value[], start: number, end: number): number {
  let top = start
  let topCount = 0
  // A value with as many occurrences left as the best has cannot be better.
  for (let i = start; i < end && topCount < end - i; i++) {
    const count = countOf(values, i, end, values[i]!)
    if (count > topCount) {
      top = i
      topCount = count
    }
  }
  return top
}

function countOf(values: readonly Value[], start: number, end: number, value: Value): number {
  let count = 0
  for (let i = start; i < end; i++) if (isEqualValue(values[i]!, value)) count++
  return count
}

/** The window before is clear and of the same value. */
function isLikeOlder(values: readonly Value[], end: number, current: Value): boolean {
  const start = Math.max(0, end - WINDOW_LENGTH)
  // Clear means a majority of `current`: then no other value can be the top.
  return countOf(values, start, end, current) >= Math.min(MAJORITY, end - start)
}

/** Exactly two values, changing at least twice as often as staying. */
function isAlternation(values: readonly Value[], start: number, end: number): boolean {
  const first = values[start]!
  let second: Value | undefined
  let flips = 0
  for (let i = start + 1; i < end; i++) {
    const value = values[i]!
    if (!isEqualValue(value, values[i - 1]!)) flips++
    if (isEqualValue(value, first)) continue
    if (second === undefined) second = value
    else if (!isEqualValue(value, second)) return false
  }
  const repeats = end - start - 1 - flips
  return second !== undefined && flips >= 2 * Math.max(repeats, 1)
}
