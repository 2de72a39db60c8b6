import { clusteringMetrics, type ClusteringMetrics } from './clustering-metrics.ts'
import type { Labelling } from './labelling.ts'

/** How a clustering stands against a truth that may name other items than it does. */
export interface Judgement {
  readonly metrics: ClusteringMetrics
  /** Items that both name: the metrics are of these. */
  readonly judged: number
  /** Items of the truth that the clustering does not know. */
  readonly unknown: number
  /** Items of the clustering of which the truth says nothing. */
  readonly unlabelled: number
}

export function judge(truth: Labelling, predicted: Labelling): Judgement {
  let judged = 0
  for (const item of truth.keys()) if (predicted.has(item)) judged++
  return {
    metrics: clusteringMetrics(truth, predicted),
    judged,
    unknown: truth.size - judged,
    unlabelled: predicted.size - judged,
  }
}
