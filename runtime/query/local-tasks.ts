import type { StateView } from '../../state/state-view.ts'
import type {
  InputPosition,
  RestoreProgress,
  StorePosition,
  TaskRole,
  TaskStatus,
} from '../../state/query-port.ts'
import type { TaskPlan } from '../task-environment.ts'

/** A task of this instance that can answer now. */
export interface QueryableTask {
  readonly id: string
  readonly role: TaskRole
  readonly view: StateView
  readonly stalenessMs: number
  /** Positions whose effects the view is known to hold at least. */
  position(): StorePosition
}

interface Stores {
  readonly view: StateView
}

/** An owned task, as queries see it. */
export interface ActiveTask {
  readonly id: string
  readonly state: string
  readonly stores: Stores | null
  readonly restoreProgress: RestoreProgress | null
  /** What keeps it from its next record; null: nothing. */
  readonly waitingFor: string | null
  position(): StorePosition
}

/** A copy of a task that another instance owns, as queries see it. */
export interface StandbyCopy {
  readonly id: string
  readonly plan: Pick<TaskPlan, 'id' | 'inputs'>
  /** Null before the state directory is open, and after it was handed over. */
  readonly stores: Stores | null
  /** Inputs whose effects the state holds at least; empty: not known. */
  readonly inputs: readonly InputPosition[]
  /** Null: not known. */
  readonly stalenessMs: number | null
  readonly changelogLag: number
}

/** An owned task, and how it gets on. */
export interface TaskDrive {
  readonly task: ActiveTask
  readonly isRetrying: boolean
  readonly isStalled: boolean
}

/** The tasks of an instance. */
export interface TaskHolder {
  readonly runners: ReadonlyMap<string, TaskDrive>
  readonly standbys: ReadonlyMap<string, StandbyCopy>
}

/**
 * The tasks of this instance that may answer.
 *
 * L1. An owned task answers while it runs. While it restores its place in the inputs is not known,
 *     and what closes may be another's already: neither answers.
 * L2. A standby answers once it is known which inputs its state holds.
 */
export class LocalTasks {
  readonly #holder: TaskHolder

  constructor(holder: TaskHolder) {
    this.#holder = holder
  }

  active(taskId: string): QueryableTask | null {
    const task = this.#holder.runners.get(taskId)?.task
    if (task === undefined || task.stores === null || task.state !== 'running') return null
    const { view } = task.stores
    return { id: taskId, role: 'active', view, stalenessMs: 0, position: () => task.position() }
  }

  standby(taskId: string): QueryableTask | null {
    const task = this.#holder.standbys.get(taskId)
    if (task === undefined || task.stores === null || task.stalenessMs === null) return null
    const { stalenessMs, stores } = task
    const position = { taskId, inputs: everyInput(task), lag: 0 }
    return { id: taskId, role: 'standby', view: stores.view, stalenessMs, position: () => position }
  }

  /** False: the task went, or was set back, so its view may hold less than the position says. */
  stillHolds({ id, role, view }: QueryableTask, { inputs }: StorePosition): boolean {
    const now = role === 'active' ? this.active(id) : (this.standby(id) ?? this.active(id))
    if (now?.view !== view) return false
    const held = now.position().inputs
    return inputs.every(({ topic, partition, offset }) =>
      held.some((h) => h.topic === topic && h.partition === partition && h.offset >= offset),
    )
  }

  /** Why the task does not answer here. */
  reason(taskId: string): string {
    const state = this.#holder.runners.get(taskId)?.task.state
    if (state !== undefined) return `task ${taskId} is ${state}`
    if (this.#holder.standbys.has(taskId)) return `the standby of task ${taskId} is not ready`
    return `task ${taskId} does not run here`
  }

  statuses(): TaskStatus[] {
    const active = [...this.#holder.runners.values()].map((drive) => {
      const { task } = drive
      return {
        ...task.position(),
        role: 'active' as const,
        stale: task.state !== 'running',
        stalenessMs: 0,
        state: describeState(drive),
        restore: task.state === 'restoring' ? task.restoreProgress : null,
      }
    })
    const standby = [...this.#holder.standbys.values()].map((task) => ({
      taskId: task.id,
      inputs: everyInput(task),
      lag: task.changelogLag,
      role: 'standby' as const,
      stale: true,
      stalenessMs: task.stalenessMs ?? 0,
      state: task.stalenessMs === null ? 'catching up' : 'following',
      restore: null,
    }))
    return [...active, ...standby].sort((a, b) =>
      a.taskId.localeCompare(b.taskId, 'en', { numeric: true }),
    )
  }
}

function describeState({ isRetrying, isStalled, task }: TaskDrive): string {
  const { state, waitingFor } = task
  if (isStalled) return 'stalled: the disk takes no checkpoint'
  if (waitingFor !== null) return `${state} (waiting for ${waitingFor})`
  return isRetrying ? `${state} (retrying)` : state
}

/** An input of which nothing was ever committed stands at its beginning: its lag counts too. */
function everyInput({ inputs, plan }: StandbyCopy): InputPosition[] {
  const { partition } = plan.id
  return plan.inputs.map(({ topic }) => {
    const known = inputs.find((each) => each.topic === topic && each.partition === partition)
    return { topic, partition, offset: known?.offset ?? 0 }
  })
}
