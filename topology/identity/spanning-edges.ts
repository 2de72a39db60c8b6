import { Components } from '../clustering/components.ts'
import {
  clientEvidenceOf,
  type Evidence,
  evidenceKey,
  evidenceOf,
  type IsGeneric,
  namesClient,
} from './evidence.ts'
import type { HardFeatures } from './features.ts'

/** Those that hold one value, by their places in the list. */
interface Holders {
  readonly evidence: Evidence
  readonly members: number[]
}

type Join = (a: number, b: number, by: Evidence) => void

/** Two members that are joined directly, by their places. */
export interface SpanningEdge {
  readonly a: number
  readonly b: number
  readonly by: Evidence
}

/**
 * Names edges that hold every component together, without looking at pairs: it costs the sum of
 * the evidence of all members, not its square.
 *
 * P1. Who shares a client fingerprint forms a clique: a star joins it as well.
 * P2. Of those that share a payload or an endpoint, a pair with a known fingerprint in common on
 *     both sides is either joined by P1 or vetoed. The rest are pairs of which one knows no
 *     fingerprint (it joins everybody), or one knows only JA3 and the other only HASSH (if both
 *     sorts are there, all of both are joined).
 * P3. A generic value makes no edge, but still compares: who agrees in it is not vetoed. So among
 *     those that share a specific payload or endpoint, who agrees in a generic fingerprint joins.
 */
export function joinEdges(
  members: readonly HardFeatures[],
  isGeneric: IsGeneric,
  join: Join,
): void {
  for (const { evidence, members: places } of holdersByEvidence(members)) {
    if (places.length < 2 || isGeneric(evidence)) continue
    if (namesClient(evidence)) joinAll(places[0]!, places, evidence, join)
    else joinUnlessVetoed(places, evidence, members, isGeneric, join)
  }
}

/** Of the edges that {@link joinEdges} names as few as hold the same components together. */
export function spanningForest(
  members: readonly HardFeatures[],
  isGeneric: IsGeneric,
): SpanningEdge[] {
  const components = new Components(members.length)
  const edges: SpanningEdge[] = []
  joinEdges(members, isGeneric, (a, b, by) => {
    if (components.find(a) === components.find(b)) return
    components.join(a, b)
    edges.push({ a, b, by })
  })
  return edges
}

function holdersByEvidence(members: readonly HardFeatures[]): Iterable<Holders> {
  const byKey = new Map<string, Holders>()
  for (const [place, features] of members.entries()) {
    for (const evidence of evidenceOf(features)) {
      const key = evidenceKey(evidence)
      const holders = byKey.get(key)
      if (holders === undefined) byKey.set(key, { evidence, members: [place] })
      else holders.members.push(place)
    }
  }
  return byKey.values()
}

function joinAll(center: number, places: readonly number[], by: Evidence, join: Join): void {
  for (const place of places) if (place !== center) join(center, place, by)
}

function joinUnlessVetoed(
  places: readonly number[],
  evidence: Evidence,
  members: readonly HardFeatures[],
  isGeneric: IsGeneric,
  join: Join,
): void {
  const knowing = (ja3: boolean, hassh: boolean): number[] =>
    places.filter((place) => {
      const features = members[place]!
      return (features.ja3 !== null) === ja3 && (features.hassh !== null) === hassh
    })
  const unknown = knowing(false, false)
  if (unknown.length > 0) {
    joinAll(unknown[0]!, places, evidence, join)
    return
  }
  const ja3Only = knowing(true, false)
  const hasshOnly = knowing(false, true)
  if (ja3Only.length > 0 && hasshOnly.length > 0) {
    joinAll(ja3Only[0]!, hasshOnly, evidence, join)
    joinAll(hasshOnly[0]!, ja3Only, evidence, join)
  }
  const firstWith = new Map<string, number>()
  for (const place of places) {
    for (const client of clientEvidenceOf(members[place]!)) {
      if (!isGeneric(client)) continue
      const key = evidenceKey(client)
      const first = firstWith.get(key)
      if (first === undefined) firstWith.set(key, place)
      else join(first, place, evidence)
    }
  }
}
