import { distance } from 'fastest-levenshtein'

/** `commitIntervalMs`, `commit-interval-ms` and `COMMIT_INTERVAL_MS` are one word written thrice. */
function spelledOut(name: string): string {
  return name
    .replace(/^--/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-. ]/g, '_')
    .toUpperCase()
}

/** Edits that a slip of the hand makes in a name of so many letters. */
function slipsOf(length: number): number {
  if (length < 6) return 1
  return Math.min(4, Math.floor(length / 4))
}

/**
 * @param edits how many letters may differ
 * @returns the known name closest to `name`; null when none is near enough to be meant
 */
export function nearestName(
  name: string,
  known: readonly string[],
  edits: number = slipsOf(name.length),
): string | null {
  const wanted = spelledOut(name)
  let nearest: string | null = null
  let fewest = edits + 1
  for (const candidate of known) {
    const apart = distance(wanted, spelledOut(candidate))
    if (apart < fewest) {
      fewest = apart
      nearest = candidate
    }
  }
  return nearest
}

/** The end of a sentence that says a name is unknown. */
export function suggestion(nearest: string | null): string {
  return nearest === null ? '' : `; did you mean ${nearest}?`
}
