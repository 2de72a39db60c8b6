import type { DeckyVisit } from './decky-visit.ts'
import { beginsFromFoothold, endsWithFoothold } from './phase.ts'

/** Seconds from leaving a foothold to taking it up; inclusive. */
const HAND_OFF_S = 86_400

type Visits = ReadonlyMap<string, DeckyVisit>

/**
 * True when on some decky one side ended with a foothold and the other began from one, within a
 * day; in either direction.
 */
export function isHandOff(a: Visits, b: Visits): boolean {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a]
  for (const [deckyId, visit] of few) {
    const other = many.get(deckyId)
    if (other === undefined) continue
    if (takesUp(visit, other) || takesUp(other, visit)) return true
  }
  return false
}

function takesUp(left: DeckyVisit, taken: DeckyVisit): boolean {
  if (!endsWithFoothold(left.lastPhase) || !beginsFromFoothold(taken.firstPhase)) return false
  if (left.lastTs === null || taken.firstTs === null) return false
  const gapS = taken.firstTs - left.lastTs
  return gapS >= 0 && gapS <= HAND_OFF_S
}
