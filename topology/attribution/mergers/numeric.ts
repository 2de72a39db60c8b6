import { type Merged, type MergedSeries, OBSERVATIONS_MIN, WINDOW_LENGTH } from './merged.ts'

const EWMA_ALPHA = 0.3
const DRIFT_SHIFT = 0.3
const CONFLICT_CV = 1
const CONFLICT_CONFIDENCE = 0.5
/** Stands for infinity: spread around a mean of zero. */
const CV_OF_ZERO_MEAN = 1e9

/**
 * Merges a series of numbers: an exponentially weighted mean of the last five, its dispersion, and
 * its shift against the five before. Never `multi_actor`.
 */
export function mergeNumeric(series: MergedSeries): Merged {
  // A numeric series holds numbers only: values are coerced before they enter it.
  const values = series.values as readonly number[]
  const end = series.length
  if (series.count < OBSERVATIONS_MIN) {
    return { state: 'unknown', currentValue: end === 0 ? null : values[end - 1]!, confidence: 0 }
  }
  const from = Math.max(0, end - WINDOW_LENGTH)
  const mean = weightedMean(values, from, end)
  const cv = dispersion(values, from, end, mean)
  if (cv > CONFLICT_CV) {
    return { state: 'conflicted', currentValue: mean, confidence: CONFLICT_CONFIDENCE }
  }
  const hasDrifted = from > 0 && shift(mean, olderMean(values, from)) >= DRIFT_SHIFT
  const confidence = Math.max(0, 1 - Math.min(cv, 1))
  return { state: hasDrifted ? 'drifting' : 'stable', currentValue: mean, confidence }
}

/** Seeded by the first of the window. */
function weightedMean(values: readonly number[], start: number, end: number): number {
  let mean = values[start]!
  for (let i = start + 1; i < end; i++) mean = EWMA_ALPHA * values[i]! + (1 - EWMA_ALPHA) * mean
  return mean
}

function olderMean(values: readonly number[], end: number): number {
  return weightedMean(values, Math.max(0, end - WINDOW_LENGTH), end)
}

/** Coefficient of variation around the weighted mean; the divisor is the count. */
function dispersion(values: readonly number[], start: number, end: number, mean: number): number {
  let squares = 0
  for (let i = start; i < end; i++) squares += (values[i]! - mean) ** 2
  if (mean === 0) return squares === 0 ? 0 : CV_OF_ZERO_MEAN
  return Math.sqrt(squares / (end - start)) / Math.abs(mean)
}

function shift(mean: number, older: number): number {
  return Math.abs(mean - older) / (older === 0 ? 1 : Math.abs(older))
}
