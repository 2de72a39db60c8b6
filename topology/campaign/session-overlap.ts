import type { SessionWindow } from './campaign-features.ts'

/**
 * Seconds that sessions of `a` and `b` have in common, as a share of `a`'s seconds, 0 to 1. Seconds
 * in several sessions count several times, on both sides.
 */
export function shareOfFirst(a: readonly SessionWindow[], b: readonly SessionWindow[]): number {
  const total = totalSeconds(a)
  if (total <= 0) return 0
  let common = 0
  for (const one of a) for (const other of b) common += Math.max(0, commonSeconds(one, other))
  return Math.min(1, common / total)
}

/**
 * Seconds in which both were active, as a share of the seconds in which the less active one was,
 * 0 to 1. The same, bit by bit, for (a, b) and (b, a), and for any order of the sessions.
 */
export function shareOfShorter(a: readonly SessionWindow[], b: readonly SessionWindow[]): number {
  const mine = united(a)
  const theirs = united(b)
  const shorter = Math.min(totalSeconds(mine), totalSeconds(theirs))
  if (shorter <= 0) return 0
  let common = 0
  for (let i = 0, j = 0; i < mine.length && j < theirs.length;) {
    const one = mine[i]!
    const other = theirs[j]!
    common += Math.max(0, commonSeconds(one, other))
    if (one.endTs < other.endTs) i++
    else j++
  }
  return Math.min(1, common / shorter)
}

/** The same seconds in ascending windows that do not overlap. */
function united(sessions: readonly SessionWindow[]): SessionWindow[] {
  const windows: SessionWindow[] = []
  for (const session of sessions.toSorted((a, b) => a.startTs - b.startTs)) {
    if (session.endTs <= session.startTs) continue
    const last = windows.at(-1)
    if (last === undefined || last.endTs < session.startTs) windows.push(session)
    else if (last.endTs < session.endTs) {
      windows[windows.length - 1] = { startTs: last.startTs, endTs: session.endTs }
    }
  }
  return windows
}

function commonSeconds(a: SessionWindow, b: SessionWindow): number {
  return Math.min(a.endTs, b.endTs) - Math.max(a.startTs, b.startTs)
}

function totalSeconds(sessions: readonly SessionWindow[]): number {
  return sessions.reduce((sum, { startTs, endTs }) => sum + (endTs - startTs), 0)
}
