import { adjustedRandIndex } from './adjusted-rand-index.ts'
import { completeness, homogeneity } from './homogeneity.ts'
import { contingency, type Labelling } from './labelling.ts'
import { singletonRecall } from './singleton-recall.ts'

/** How well a clustering agrees with the truth; 1 is perfect in each. */
export interface ClusteringMetrics {
  readonly adjusted_rand_index: number
  readonly homogeneity: number
  readonly completeness: number
  readonly singleton_recall: number
}

/** Judges by the items that both labellings name. */
export function clusteringMetrics(truth: Labelling, predicted: Labelling): ClusteringMetrics {
  const counts = contingency(truth, predicted)
  return {
    adjusted_rand_index: adjustedRandIndex(counts),
    homogeneity: homogeneity(counts),
    completeness: completeness(counts),
    singleton_recall: singletonRecall(counts),
  }
}
