import type { DeckyVisit } from './decky-visit.ts'
import { beginsFromFoothold, endsWithFoothold } from './phase.ts'

/** Seconds from leaving a foothold to taking it up; inclusive. */
export const HAND_OFF_S = 86_400

type Visits = ReadonlyMap<string, DeckyVisit>

/** A foothold that one side left and the other took up. */
export interface HandOff {
  readonly deckyId: string
  /** When it was taken up, epoch seconds. */
  readonly takenTs: number
}

/**
 * True when on some decky one side ended with a foothold and the other began from one, within a
 * day; in either direction.
 */
export function isHandOff(a: Visits, b: Visits): boolean {
  return handOffs(a, b).next().done !== true
}

/** In either direction. */
export function* handOffs(a: Visits, b: Visits): Generator<HandOff> {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a]
  for (const [deckyId, visit] of few) {
    const other = many.get(deckyId)
    if (other === undefined) continue
    if (takesUp(visit, other)) yield { deckyId, takenTs: other.firstTs! }
    if (takesUp(other, visit)) yield { deckyId, takenTs: visit.firstTs! }
  }
}

/** When a foothold was left there, epoch seconds; null: none was, or at no known time. */
export function footholdLeftTs({ lastPhase, lastTs }: DeckyVisit): number | null {
  return endsWithFoothold(lastPhase) ? lastTs : null
}

/** When work began from a foothold, epoch seconds; null: it did not, or at no known time. */
export function footholdTakenTs({ firstPhase, firstTs }: DeckyVisit): number | null {
  return beginsFromFoothold(firstPhase) ? firstTs : null
}

function takesUp(left: DeckyVisit, taken: DeckyVisit): boolean {
  const leftTs = footholdLeftTs(left)
  const takenTs = footholdTakenTs(taken)
  if (leftTs === null || takenTs === null) return false
  const gapS = takenTs - leftTs
  return gapS >= 0 && gapS <= HAND_OFF_S
}
