import { Components } from './components.ts'

/**
 * The first of a list, as many as may be told by themselves: whole groups of those that share a key,
 * in the order of their first, until they are `limit` at least. One group may be larger than that.
 */
export function firstClosedGroups<T>(
  items: readonly T[],
  keysOf: (item: T) => readonly string[],
  limit: number,
): readonly T[] {
  if (items.length <= limit) return items
  const components = new Components(items.length)
  const firstWith = new Map<string, number>()
  for (const [place, item] of items.entries()) {
    for (const key of keysOf(item)) {
      const first = firstWith.get(key)
      if (first === undefined) firstWith.set(key, place)
      else components.join(first, place)
    }
  }
  const taken: number[] = []
  for (const group of components.groups()) {
    if (taken.length >= limit) break
    for (const place of group) taken.push(place)
  }
  return taken.sort((a, b) => a - b).map((place) => items[place]!)
}
