import type { ClusteringMetrics } from '../../topology/clustering/evaluation/clustering-metrics.ts'

const NAMES = [
  'adjusted_rand_index',
  'homogeneity',
  'completeness',
  'singleton_recall',
] as const satisfies readonly (keyof ClusteringMetrics)[]

/** Below this a clustering has joined or parted what matters. */
const GOOD = 0.95

/** How good many clusterings are: a line a metric. */
export function metricDistribution(all: readonly ClusteringMetrics[]): string[] {
  return NAMES.map((name) => {
    const values = all.map((metrics) => metrics[name]).sort((a, b) => a - b)
    const perfect = values.filter((value) => value === 1).length
    const bad = values.filter((value) => value < GOOD).length
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const figures = [values[0]!, values[Math.floor(values.length / 20)]!, mean]
    const [least, fifth, average] = figures.map((value) => value.toFixed(3))
    return (
      `${name}: 1 in ${perfect} of ${values.length}, below ${GOOD} in ${bad}, ` +
      `least ${least}, 5th percentile ${fifth}, mean ${average}`
    )
  })
}
