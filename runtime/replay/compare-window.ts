/**
 * Which transitions the range brought about, told by their time: a transition carries the time of
 * the input record behind it, and inputs are in the order of the log's clock.
 *
 * Where a range is cut by offsets, partitions end at different times. Between the earliest and the
 * latest of these nobody can tell on which side a transition belongs: it lies at the edge and is
 * not compared.
 */
export interface CompareWindow {
  /** Earlier: before the range. −Infinity: nothing is. */
  readonly outsideBeforeMs: number
  /** From here on in the range, up to `insideBeforeMs`. */
  readonly insideFromMs: number
  readonly insideBeforeMs: number
  /** From here on: after the range. Infinity: nothing is. */
  readonly outsideFromMs: number
}

export type WindowPlace = 'before' | 'inside' | 'edge' | 'after'

export const WHOLE_LOG: CompareWindow = {
  outsideBeforeMs: -Infinity,
  insideFromMs: -Infinity,
  insideBeforeMs: Infinity,
  outsideFromMs: Infinity,
}

export function placeIn(window: CompareWindow, timestampMs: number): WindowPlace {
  if (timestampMs < window.outsideBeforeMs) return 'before'
  if (timestampMs >= window.outsideFromMs) return 'after'
  const isInside = timestampMs >= window.insideFromMs && timestampMs < window.insideBeforeMs
  return isInside ? 'inside' : 'edge'
}

/** The part that lies in both. */
export function narrowed(a: CompareWindow, b: CompareWindow): CompareWindow {
  return {
    outsideBeforeMs: Math.max(a.outsideBeforeMs, b.outsideBeforeMs),
    insideFromMs: Math.max(a.insideFromMs, b.insideFromMs),
    insideBeforeMs: Math.min(a.insideBeforeMs, b.insideBeforeMs),
    outsideFromMs: Math.min(a.outsideFromMs, b.outsideFromMs),
  }
}
