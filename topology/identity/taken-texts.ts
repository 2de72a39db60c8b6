import { byCodePoint } from '../../schemas/canonical-json.ts'
import { isLongerThan } from '../../schemas/text-limits.ts'

/**
 * How much of a list of a profile is taken: so much that only abuse has more, so little that no row
 * outgrows a record and no message much work.
 */
export interface Bounds {
  readonly itemsMax: number
  /** UTF-8 bytes of all of them. */
  readonly bytesMax: number
}

/** UTF-8 bytes. What is longer is no hash, endpoint, credential or command, but a load dropped here. */
export const TEXT_BYTES_MAX = 1_024

/**
 * The texts of a list that are taken: each once, none longer than {@link TEXT_BYTES_MAX}; if they
 * go beyond the bounds the first by code point, so that the order given is of no effect.
 */
export function takenTexts(texts: Iterable<string>, bounds: Bounds): readonly string[] {
  const candidates = candidatesOf(texts)
  if (fitting(candidates, bounds) === candidates.length) return candidates
  candidates.sort(byCodePoint)
  return candidates.slice(0, fitting(candidates, bounds))
}

/**
 * What {@link takenTexts} takes of a list with more texts, given what it took of the list, sorted.
 *
 * @returns sorted, the same list if nothing is new; null: not all fit, or not all did before
 */
export function grownTexts(
  taken: readonly string[],
  more: Iterable<string>,
  bounds: Bounds,
): readonly string[] | null {
  const news = candidatesOf(more).filter((text) => !isAmong(taken, text))
  if (news.length === 0) return taken
  const bytes = byteLengthOf(taken)
  // Had anything been left out, there would not have been room for one more.
  const isComplete = taken.length < bounds.itemsMax && bytes + TEXT_BYTES_MAX <= bounds.bytesMax
  const fits =
    taken.length + news.length <= bounds.itemsMax && bytes + byteLengthOf(news) <= bounds.bytesMax
  return isComplete && fits ? [...taken, ...news].sort(byCodePoint) : null
}

/** As {@link takenTexts}, but where the order tells which is newest: the last ones. */
export function newestTexts(texts: readonly string[], bounds: Bounds): readonly string[] {
  const candidates = candidatesOf(texts.toReversed())
  return candidates.slice(0, fitting(candidates, bounds)).reverse()
}

function candidatesOf(texts: Iterable<string>): string[] {
  return [...new Set(texts)].filter((text) => !isLongerThan(text, TEXT_BYTES_MAX))
}

/** How many of the first texts are within the bounds. */
function fitting(texts: readonly string[], { bytesMax, itemsMax }: Bounds): number {
  const most = Math.min(texts.length, itemsMax)
  let bytes = 0
  for (let i = 0; i < most; i++) {
    bytes += Buffer.byteLength(texts[i]!)
    if (bytes > bytesMax) return i
  }
  return most
}

function byteLengthOf(texts: readonly string[]): number {
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0)
}

function isAmong(sorted: readonly string[], text: string): boolean {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    const order = byCodePoint(sorted[middle]!, text)
    if (order === 0) return true
    if (order < 0) from = middle + 1
    else to = middle
  }
  return false
}
