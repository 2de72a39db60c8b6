/** A partition as the vectors write it: each group sorted, groups by their first member. */
export function byFirst(groups: readonly (readonly string[])[]): string[][] {
  return groups.map((group) => group.toSorted()).sort(([a], [b]) => (a! < b! ? -1 : 1))
}
