import type { IsGeneric } from '../../topology/identity/evidence.ts'
import type { HardFeatures } from '../../topology/identity/features.ts'
import { joiningEvidence } from '../../topology/identity/shared-evidence.ts'
import { spanningForest, type SpanningEdge } from '../../topology/identity/spanning-edges.ts'

/** A longer chain is told as it is: to look for short cuts compares all its pairs. */
const SHORTENED_MAX = 64

/**
 * Members that lead from one to another, each joined directly to the next, by their places.
 *
 * The way through a spanning tree, with short cuts taken: not always the shortest.
 * @returns null: nothing among these members leads there
 */
export function chainBetween(
  members: readonly HardFeatures[],
  from: number,
  to: number,
  isGeneric: IsGeneric,
): number[] | null {
  const way = wayThrough(spanningForest(members, isGeneric), from, to)
  if (way === null || way.length > SHORTENED_MAX) return way
  const isJoined = (a: number, b: number): boolean =>
    joiningEvidence(members[a]!, members[b]!, isGeneric).length > 0
  const chain = [from]
  for (let at = 0; at < way.length - 1;) {
    let next = way.length - 1
    while (next > at + 1 && !isJoined(way[at]!, way[next]!)) next--
    chain.push(way[next]!)
    at = next
  }
  return chain
}

function wayThrough(edges: readonly SpanningEdge[], from: number, to: number): number[] | null {
  const neighbours = new Map<number, number[]>()
  const add = (place: number, other: number): void => {
    const known = neighbours.get(place)
    if (known === undefined) neighbours.set(place, [other])
    else known.push(other)
  }
  for (const { a, b } of edges) {
    add(a, b)
    add(b, a)
  }
  const cameFrom = new Map<number, number>([[from, from]])
  // A map grows while it is walked: what is added is walked too.
  for (const place of cameFrom.keys()) {
    if (place === to) break
    for (const next of neighbours.get(place) ?? []) {
      if (!cameFrom.has(next)) cameFrom.set(next, place)
    }
  }
  if (!cameFrom.has(to)) return null
  const back = [to]
  for (let place = to; place !== from;) {
    place = cameFrom.get(place)!
    back.push(place)
  }
  return back.reverse()
}
