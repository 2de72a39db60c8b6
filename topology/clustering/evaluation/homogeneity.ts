import type { Contingency, ContingencyCell } from './labelling.ts'

/**
 * 1 when no predicted group mixes labels of the truth; less as groups mix them (Rosenberg and
 * Hirschberg 2007). A truth of one label, or of no item, is 1.
 */
export function homogeneity({ cells, items, predicted, truth }: Contingency): number {
  return 1 - remainingDoubt(cells, items, truth, predicted, (cell) => cell.predicted)
}

/** 1 when every label of the truth lies in one predicted group: homogeneity the other way round. */
export function completeness({ cells, items, predicted, truth }: Contingency): number {
  return 1 - remainingDoubt(cells, items, predicted, truth, (cell) => cell.truth)
}

/** Entropy of the labels when the other labelling is known, as a share of their entropy. */
function remainingDoubt(
  cells: readonly ContingencyCell[],
  items: number,
  labels: ReadonlyMap<string, number>,
  given: ReadonlyMap<string, number>,
  givenOf: (cell: ContingencyCell) => string,
): number {
  let entropy = 0
  for (const count of labels.values()) entropy -= (count / items) * Math.log(count / items)
  if (entropy === 0) return 0
  let conditional = 0
  for (const cell of cells) {
    conditional -= (cell.count / items) * Math.log(cell.count / given.get(givenOf(cell))!)
  }
  return conditional / entropy
}
