import type { LabelledPosition } from '../../state/query-port.ts'

/** What was read of a task, and the position that it is true for. */
export interface TaskRead<T> {
  readonly value: T
  readonly position: LabelledPosition
}
