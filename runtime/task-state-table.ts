/**
 * The life of a stream task.
 *
 *   created ─start→ fencing ─fenced→ restoring ─restored→ running
 *      │               │                │                   │
 *      │               └───── retry ────┴───── rewind ──────┤
 *      └────────────── close ───────────┴────── close ──────┴→ closing ─closed→ closed
 *
 * A rebalance is none of its states: a task that stays goes on. A transition that the table does
 * not hold is a bug of the runtime and throws.
 */
export type TaskState = 'created' | 'fencing' | 'restoring' | 'running' | 'closing' | 'closed'

const successors: Record<TaskState, readonly TaskState[]> = {
  created: ['fencing', 'closing'],
  fencing: ['restoring', 'running', 'closing'],
  restoring: ['running', 'fencing', 'closing'],
  running: ['fencing', 'closing'],
  closing: ['closed'],
  closed: [],
}

/** @throws {Error} the table does not allow the step */
export function assertTransition(taskId: string, from: TaskState, to: TaskState): void {
  if (!successors[from].includes(to)) {
    throw new Error(`task ${taskId}: ${from} → ${to} is not a transition of the task state table`)
  }
}
