import { centroidOf, keystrokesOf } from '../../topology/clustering/keystroke-counts.ts'
import { type CheckResult, Comparison } from './check-result.ts'

export interface DigraphCentroidVector {
  readonly id: string
  readonly values: readonly unknown[]
  readonly centroid: string | null
}

export async function checkDigraphCentroid(
  vectors: readonly DigraphCentroidVector[],
): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const { centroid, id, values } of vectors) {
    comparison.step(id, 0, centroid, centroidOf(keystrokesOf(values)))
  }
  return await Promise.resolve(comparison.result(vectors.length))
}
