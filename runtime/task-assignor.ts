/** A member of the group as the assignor sees it. */
export interface AssignorMember {
  readonly memberId: string
  /** Tasks whose state the member has, as ids. */
  readonly previousTasks: readonly string[]
}

/**
 * Divides tasks over members: balanced (counts differ by at most one) and, within that, sticky.
 *
 * Pure: the result depends only on the sets given, not on their order, so every leader would
 * decide alike.
 */
export function assignTasks(
  members: readonly AssignorMember[],
  tasks: readonly string[],
): Map<string, string[]> {
  const sorted = [...members].sort((a, b) => compare(a.memberId, b.memberId))
  const assignment = new Map(sorted.map((member): [string, string[]] => [member.memberId, []]))
  if (sorted.length === 0) return assignment
  const floor = Math.floor(tasks.length / sorted.length)
  let extra = tasks.length % sorted.length
  const left = new Set([...tasks].sort(compare))
  for (const { memberId, previousTasks } of sorted) {
    const own = assignment.get(memberId)!
    for (const task of [...previousTasks].sort(compare)) {
      if (!left.has(task) || own.length > floor) continue
      if (own.length === floor) {
        if (extra === 0) continue
        extra--
      }
      own.push(task)
      left.delete(task)
    }
  }
  for (const own of assignment.values()) {
    for (const task of left) {
      if (own.length >= floor) break
      own.push(task)
      left.delete(task)
    }
  }
  for (const own of assignment.values()) {
    const [task] = left
    if (task === undefined) break
    if (own.length > floor) continue
    own.push(task)
    left.delete(task)
  }
  return assignment
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
