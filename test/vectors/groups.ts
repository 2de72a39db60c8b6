/** A partition as the vectors write it: each group sorted, groups by their first member. */
export function byFirst(groups: readonly (readonly string[])[]): string[][] {
  return groups.map((group) => group.toSorted()).sort(([a], [b]) => (a! < b! ? -1 : 1))
}

/** Items with the same label, in the order of the first. */
export function groupsBy<T>(items: readonly T[], labelOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const label = labelOf(item)
    const group = groups.get(label)
    if (group === undefined) groups.set(label, [item])
    else group.push(item)
  }
  return [...groups.values()]
}
