import { Components } from '../clustering/components.ts'
import { type Evidence, evidenceKey, evidenceOf, type IsGeneric, namesClient } from './evidence.ts'
import type { HardFeatures } from './features.ts'

/** Those that hold one value, by their places in the list partitioned. */
interface Holders {
  readonly evidence: Evidence
  readonly members: number[]
}

/**
 * Components of the graph whose edges join what {@link isEdge} says, without looking at pairs: it
 * costs the sum of the evidence of all members, not its square.
 *
 * P1. Who shares a client fingerprint forms a clique: a star joins it as well.
 * P2. Of those that share a payload or an endpoint, a pair with a known fingerprint in common on
 *     both sides is either joined by P1 or vetoed. The rest are pairs of which one knows no
 *     fingerprint (it joins everybody), or one knows only JA3 and the other only HASSH (if both
 *     sorts are there, all of both are joined).
 * P3. A generic value makes no edge, but still compares: who agrees in it is not vetoed. So among
 *     those that share a specific payload or endpoint, who agrees in a generic fingerprint joins.
 *
 * @returns groups of places in `members`, each ascending, groups by their first
 */
export function partition(members: readonly HardFeatures[], isGeneric: IsGeneric): number[][] {
  const components = new Components(members.length)
  for (const holders of holdersByEvidence(members)) {
    if (holders.members.length < 2 || isGeneric(holders.evidence)) continue
    if (namesClient(holders.evidence)) joinAll(components, holders.members)
    else joinUnlessVetoed(components, holders.members, members, isGeneric)
  }
  return components.groups()
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

function joinAll(components: Components, places: readonly number[]): void {
  for (const place of places) components.join(places[0]!, place)
}

function joinUnlessVetoed(
  components: Components,
  places: readonly number[],
  members: readonly HardFeatures[],
  isGeneric: IsGeneric,
): void {
  const knowing = (ja3: boolean, hassh: boolean): number[] =>
    places.filter((place) => {
      const features = members[place]!
      return (features.ja3 !== null) === ja3 && (features.hassh !== null) === hassh
    })
  const unknown = knowing(false, false)
  if (unknown.length > 0) {
    joinAll(components, [unknown[0]!, ...places])
    return
  }
  const ja3Only = knowing(true, false)
  const hasshOnly = knowing(false, true)
  if (ja3Only.length > 0 && hasshOnly.length > 0) joinAll(components, [...ja3Only, ...hasshOnly])
  const firstWith = new Map<string, number>()
  for (const place of places) {
    for (const evidence of clientEvidence(members[place]!)) {
      if (!isGeneric(evidence)) continue
      const key = evidenceKey(evidence)
      const first = firstWith.get(key)
      if (first === undefined) firstWith.set(key, place)
      else components.join(first, place)
    }
  }
}

function clientEvidence({ hassh, ja3 }: HardFeatures): Evidence[] {
  const evidence: Evidence[] = []
  if (ja3 !== null) evidence.push({ kind: 'j', value: ja3 })
  if (hassh !== null) evidence.push({ kind: 'h', value: hassh })
  return evidence
}
