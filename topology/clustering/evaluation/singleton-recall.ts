import type { Contingency } from './labelling.ts'

/** Share of the items alone in the truth that are alone in the prediction; 1 if there are none. */
export function singletonRecall({ cells, predicted, truth }: Contingency): number {
  const alone = cells.filter((cell) => truth.get(cell.truth) === 1)
  if (alone.length === 0) return 1
  return alone.filter((cell) => predicted.get(cell.predicted) === 1).length / alone.length
}
