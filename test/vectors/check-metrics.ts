import {
  clusteringMetrics,
  type ClusteringMetrics,
} from '../../topology/clustering/evaluation/clustering-metrics.ts'
import { type CheckResult, Comparison } from './check-result.ts'

export interface MetricsVector {
  readonly id: string
  readonly truth: Readonly<Record<string, string>>
  readonly pred: Readonly<Record<string, string>>
  readonly expect: ClusteringMetrics
}

export async function checkMetrics(vectors: readonly MetricsVector[]): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const { expect, id, pred, truth } of vectors) {
    const metrics = clusteringMetrics(new Map(Object.entries(truth)), new Map(Object.entries(pred)))
    comparison.step(id, 0, expect, alikeMetrics(expect, metrics))
  }
  return await Promise.resolve(comparison.result(vectors.length))
}

/** The received metrics; those that differ by rounding alone as expected. */
export function alikeMetrics(
  expected: ClusteringMetrics,
  received: ClusteringMetrics,
): ClusteringMetrics {
  const alike = (name: keyof ClusteringMetrics): number =>
    Math.abs(expected[name] - received[name]) <= ABSOLUTE ? expected[name] : received[name]
  return {
    adjusted_rand_index: alike('adjusted_rand_index'),
    homogeneity: alike('homogeneity'),
    completeness: alike('completeness'),
    singleton_recall: alike('singleton_recall'),
  }
}

/** Metrics are differences of sums near 1: what is 0 but for rounding has no relative error. */
const ABSOLUTE = 1e-9
