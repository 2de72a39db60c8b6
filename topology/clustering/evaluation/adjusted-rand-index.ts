import type { Contingency } from './labelling.ts'

/**
 * Agreement of two partitions about pairs of items, corrected for chance (Hubert and Arabie 1985):
 * 1 for equal partitions, about 0 for unrelated ones, below 0 for worse than chance. Fewer than two
 * items, or two partitions that leave chance no room (both all in one, or both all alone), are 1.
 */
export function adjustedRandIndex({ cells, items, predicted, truth }: Contingency): number {
  if (items < 2) return 1
  const together = sumOfPairs(cells.map(({ count }) => count))
  const inTruth = sumOfPairs(truth.values())
  const inPredicted = sumOfPairs(predicted.values())
  const expected = (inTruth * inPredicted) / pairs(items)
  const most = (inTruth + inPredicted) / 2
  return most === expected ? 1 : (together - expected) / (most - expected)
}

function sumOfPairs(counts: Iterable<number>): number {
  let sum = 0
  for (const count of counts) sum += pairs(count)
  return sum
}

function pairs(count: number): number {
  return (count * (count - 1)) / 2
}
