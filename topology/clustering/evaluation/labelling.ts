/** Item → label: which of them belong together. Label text carries no meaning. */
export type Labelling = ReadonlyMap<string, string>

/**
 * How items fall together under two labellings: counts of items by label, and by pair of labels.
 * Items that only one of the two names are left out.
 */
export interface Contingency {
  readonly items: number
  readonly truth: ReadonlyMap<string, number>
  readonly predicted: ReadonlyMap<string, number>
  readonly cells: readonly ContingencyCell[]
}

export interface ContingencyCell {
  readonly truth: string
  readonly predicted: string
  readonly count: number
}

export function contingency(truth: Labelling, predicted: Labelling): Contingency {
  const rows = new Map<string, Map<string, number>>()
  const truthCounts = new Map<string, number>()
  const predictedCounts = new Map<string, number>()
  let items = 0
  for (const [item, label] of truth) {
    const other = predicted.get(item)
    if (other === undefined) continue
    items++
    const row = rows.get(label) ?? new Map<string, number>()
    rows.set(label, row)
    increment(row, other)
    increment(truthCounts, label)
    increment(predictedCounts, other)
  }
  const cells = [...rows].flatMap(([label, row]) =>
    [...row].map(([other, count]) => ({ truth: label, predicted: other, count })),
  )
  return { items, truth: truthCounts, predicted: predictedCounts, cells }
}

function increment(counts: Map<string, number>, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1)
}
