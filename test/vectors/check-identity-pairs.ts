import { nothingIsGeneric } from '../../topology/identity/evidence.ts'
import { credentialKey, type Features } from '../../topology/identity/features.ts'
import { partition } from '../../topology/identity/partition.ts'
import { EDGE_WEIGHT_MIN, isEdge, pairWeight } from '../../topology/identity/weight.ts'
import { type CheckResult, Comparison } from './check-result.ts'

export interface IdentityPairsVector {
  readonly id: string
  readonly observations: readonly Projection[]
  readonly pairs: readonly Pair[]
  readonly partition: readonly (readonly string[])[]
}

export interface Projection {
  readonly id: string
  readonly ja3: string | null
  readonly hassh: string | null
  readonly asn: number | null
  readonly payload_hashes: readonly string[]
  readonly c2_endpoints: readonly string[]
  readonly credentials: readonly (readonly [user: string, password: string])[]
  readonly commands_by_phase: Readonly<Record<string, readonly string[]>>
}

type Pair = readonly [
  i: number,
  j: number,
  high: number,
  medium: number,
  low: number,
  veryLow: number,
  combined: number,
]

/** Each pair's tiers and weight, then the partition: from the edges alone, either way round. */
export async function checkIdentityPairs(
  vectors: readonly IdentityPairsVector[],
): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const vector of vectors) {
    const features = vector.observations.map(featuresOf)
    const found = pairsOf(features)
    comparison.step(vector.id, 0, vector.pairs, found.pairs)
    comparison.step(vector.id, 1, [], found.misjudged)
    for (const [step, order] of [vector.observations, vector.observations.toReversed()].entries()) {
      comparison.step(vector.id, 2 + step, vector.partition, partitionOf(order))
    }
  }
  return await Promise.resolve(comparison.result(vectors.length))
}

/** @returns the pairs that weigh anything, and those whose edge is not as their weight says */
function pairsOf(features: readonly Features[]): { pairs: Pair[]; misjudged: number[][] } {
  const pairs: Pair[] = []
  const misjudged: number[][] = []
  for (const [j, b] of features.entries()) {
    for (const [i, a] of features.slice(0, j).entries()) {
      const { combined, high, low, medium, veryLow } = pairWeight(a, b)
      if (combined !== 0) pairs.push([i, j, high, medium, low, veryLow, combined])
      if (isEdge(a, b) !== combined >= EDGE_WEIGHT_MIN) misjudged.push([i, j])
    }
  }
  return { pairs: pairs.sort(([i, j], [k, l]) => i - k || j - l), misjudged }
}

function partitionOf(observations: readonly Projection[]): string[][] {
  return partition(observations.map(featuresOf), nothingIsGeneric)
    .map((places) => places.map((place) => observations[place]!.id).sort())
    .sort(([a], [b]) => (a! < b! ? -1 : 1))
}

export function featuresOf(observation: Projection): Features {
  return {
    ja3: observation.ja3,
    hassh: observation.hassh,
    asn: observation.asn,
    payloadHashes: new Set(observation.payload_hashes),
    c2Endpoints: new Set(observation.c2_endpoints),
    credentials: new Set(observation.credentials.map((pair) => credentialKey(...pair))),
    commandsByPhase: new Map(
      Object.entries(observation.commands_by_phase).map(([phase, commands]) => [
        phase,
        new Set(commands),
      ]),
    ),
  }
}
