import { type HashToken, isTokenBefore } from './value.ts'

/** Seconds; inclusive, anchored at the newest observation of the series. */
const HASH_WINDOW_S = 86_400

/** Distinct values that count; beyond it the confidence is a bound. */
export const HASH_VALUES_MAX = 1_024

/** One more is kept: its presence says that values within the window were left out (W3). */
const KEPT_MAX = HASH_VALUES_MAX + 1

/**
 * The last time of each distinct non-null value within the window of a hash series: parallel
 * arrays in ascending order of (ts, token). Immutable.
 *
 * W1. Holds the newest 1,025 of the values whose last time is ≥ (newest ts of the series) − 86,400.
 * W2. The window of a union is the union of windows, exactly. Pruning: the newest ts of a union is
 *     no less than either part's, so neither part has dropped what the union still needs. Cap: a
 *     value that a part dropped for rank has 1,025 others of that part above it, and those stand
 *     at least as high in the union; so it is not among the union's newest 1,025 unless the other
 *     part lifts it there, and then the other part holds the time that counts. Union is therefore
 *     commutative and associative, whatever was dropped on the way.
 * W3. More than 1,024 distinct values lie in the window exactly when 1,025 are held. (A separate
 *     note of the newest dropped time would do less: of a value that was dropped on one side and
 *     kept on the other it says too much, differently for each order of uniting.)
 */
export interface HashWindow {
  readonly tokens: readonly HashToken[]
  readonly ts: readonly number[]
}

export const emptyHashWindow: HashWindow = { tokens: [], ts: [] }

/** Adds one value's time; `newestTs` is that of the series with this observation. */
export function addToWindow(
  window: HashWindow,
  token: HashToken | null,
  ts: number,
  newestTs: number,
): HashWindow {
  const oldest = newestTs - HASH_WINDOW_S
  const isLate = token === null || ts < oldest
  const known = isLate ? -1 : window.tokens.indexOf(token)
  if (isLate || (known >= 0 && window.ts[known]! >= ts)) return pruned(window, oldest)

  const tokens = window.tokens.slice()
  const times = window.ts.slice()
  if (known >= 0) {
    tokens.splice(known, 1)
    times.splice(known, 1)
  }
  let at = tokens.length
  while (at > 0 && isBefore(ts, token, times[at - 1]!, tokens[at - 1]!)) at--
  tokens.splice(at, 0, token)
  times.splice(at, 0, ts)
  return pruned({ tokens, ts: times }, oldest)
}

/** The window of two series together; `newestTs` is the newer of theirs. */
export function uniteWindows(a: HashWindow, b: HashWindow, newestTs: number): HashWindow {
  const last = new Map<HashToken, number>()
  for (const window of [a, b]) {
    for (const [i, token] of window.tokens.entries()) {
      const ts = window.ts[i]!
      const known = last.get(token)
      if (known === undefined || ts > known) last.set(token, ts)
    }
  }
  const rows = [...last].sort(([x, tx], [y, ty]) => (isBefore(tx, x, ty, y) ? -1 : 1))
  const united = { tokens: rows.map(([token]) => token), ts: rows.map(([, ts]) => ts) }
  return pruned(united, newestTs - HASH_WINDOW_S)
}

/** True when some value's time in `whole` may be that of `part`: taking `part` out may change it. */
export function isWindowTouched(whole: HashWindow, part: HashWindow): boolean {
  if (part.tokens.length === 0) return false
  const last = new Map(whole.tokens.map((token, i) => [token, whole.ts[i]!]))
  return part.tokens.some((token, i) => last.get(token) === part.ts[i])
}

/** Takes one value's time out, if it is the one that counts. */
export function removeFromWindow(
  window: HashWindow,
  token: HashToken | null,
  ts: number,
): HashWindow {
  const at = token === null ? -1 : window.tokens.indexOf(token)
  if (at < 0 || window.ts[at] !== ts) return window
  return { tokens: window.tokens.toSpliced(at, 1), ts: window.ts.toSpliced(at, 1) }
}

function isBefore(ts: number, token: HashToken, otherTs: number, other: HashToken): boolean {
  return ts === otherTs ? isTokenBefore(token, other) : ts < otherTs
}

function pruned(window: HashWindow, oldestTs: number): HashWindow {
  const { ts } = window
  let from = Math.max(0, ts.length - KEPT_MAX)
  while (from < ts.length && ts[from]! < oldestTs) from++
  if (from === 0) return window
  return { tokens: window.tokens.slice(from), ts: ts.slice(from) }
}
