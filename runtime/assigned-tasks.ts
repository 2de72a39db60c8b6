import { FencedError, RetriableError } from '../broker/errors.ts'
import type { Group } from '../broker/port.ts'
import { inputLost } from './errors.ts'
import type { FetchPump } from './fetch-pump.ts'
import type { InstanceEvents } from './instance-events.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { StandbyTask } from './standby-task.ts'
import type { StandbyUpdater } from './standby-updater.ts'
import { StreamTask } from './stream-task.ts'
import type { TaskEnvironment, TaskPlan } from './task-environment.ts'
import { TaskRunner, type RunnerOptions } from './task-runner.ts'

export interface AssignedTasksOptions {
  readonly plans: ReadonlyMap<string, TaskPlan>
  readonly environment: Omit<TaskEnvironment, 'feed'>
  readonly runner: Pick<
    RunnerOptions,
    'commitIntervalMs' | 'checkpointIntervalMs' | 'retryBackoffMaxMs'
  >
  readonly membership: Pick<Group, 'confirm'>
  readonly memory: MemoryBudget
  readonly pump: FetchPump
  readonly standbys: StandbyUpdater
  readonly events: InstanceEvents
  readonly onFatal: (error: unknown) => void
}

/**
 * The tasks an instance has: active ones, each with its runner, and standbys.
 *
 * A1. A task is here at most once, active or standby; promotion hands the open stores over, so
 *     only the end of the changelog is left to restore.
 * A2. What an assignment keeps is not touched (KIP-429).
 * A3. What is given back is committed and checkpointed first.
 * A4. Changes come one after the other, whoever asks for them: an assignment, a loss, a close, a
 *     task that was fenced. What is wanted is known at once, so that a change which waits does not
 *     bring back what the one behind it takes away.
 */
export class AssignedTasks {
  readonly #options: AssignedTasksOptions
  readonly #runners = new Map<string, TaskRunner>()
  /** Active tasks of the newest assignment; empty once it is lost, or all is closed. */
  #wanted: ReadonlySet<string> = new Set()
  #isOpen = true
  #turn: Promise<void> = Promise.resolve()

  constructor(options: AssignedTasksOptions) {
    this.#options = options
  }

  get runners(): ReadonlyMap<string, TaskRunner> {
    return this.#runners
  }

  /**
   * Makes the tasks those of an assignment.
   * @returns true when an active task was given back: the group should deal it out anew
   */
  become(active: readonly string[], standby: readonly string[]): Promise<boolean> {
    if (!this.#isOpen) return Promise.resolve(false)
    this.#wanted = new Set(active)
    return this.#inTurn(() => this.#become(active, standby))
  }

  /** The membership is lost: others may run the active tasks already. Standbys stay. */
  lose(): Promise<void> {
    this.#wanted = new Set()
    return this.#inTurn(() => this.#close([...this.#runners.keys()], false))
  }

  /** @param commit false: what is not committed is dropped */
  close(commit: boolean): Promise<void> {
    this.#isOpen = false
    this.#wanted = new Set()
    return this.#inTurn(async () => {
      await this.#close([...this.#runners.keys()], commit)
      await this.#options.standbys.close()
    })
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#turn.then(change)
    this.#turn = changed.then(ignore, ignore)
    return changed
  }

  async #become(active: readonly string[], standby: readonly string[]): Promise<boolean> {
    const { standbys } = this.#options
    const gone = [...this.#runners.keys()].filter((id) => !active.includes(id))
    await this.#close(gone, true)
    const cold = [...standbys.tasks.keys()].filter((id) => ![...active, ...standby].includes(id))
    await Promise.all(cold.map(async (id) => (await standbys.remove(id))?.close()))
    for (const id of active) if (!this.#runners.has(id)) await this.#start(id)
    for (const id of standby) if (this.#isOpen && !standbys.tasks.has(id)) this.#follow(id)
    return gone.length > 0
  }

  async #close(ids: readonly string[], commit: boolean): Promise<void> {
    const closing = ids.map((id) => this.#runners.get(id)!)
    await Promise.all(
      closing.map(async (runner) => {
        await runner.close(commit)
        // Only now: a task that rewinds when it is told to stop makes new queues.
        for (const queue of runner.task.queues) this.#options.pump.detach(queue)
        this.#runners.delete(runner.task.id)
      }),
    )
  }

  async #start(id: string): Promise<void> {
    const { environment, plans, pump, standbys } = this.#options
    const standby = await standbys.remove(id)
    const stores = standby?.release() ?? null
    if (!this.#wanted.has(id)) {
      await stores?.close()
      return
    }
    const feed: TaskEnvironment['feed'] = {
      attach: (taskId, queues) => {
        for (const queue of queues) {
          pump.attach(
            queue,
            () => this.#runners.get(taskId)?.notify(),
            (event) => {
              this.#options.onFatal(inputLost(taskId, event))
            },
          )
        }
      },
      relieve: (queue) => {
        pump.relieve(queue)
      },
    }
    const task = new StreamTask({ ...environment, feed }, plans.get(id)!, stores)
    const runner = new TaskRunner(task, this.#runnerOptions())
    this.#runners.set(id, runner)
    runner.start()
  }

  #follow(id: string): void {
    const { environment, onFatal, plans, standbys } = this.#options
    const { broker, cacheBudget, clock, directory } = environment
    const plan = plans.get(id)!
    const task = new StandbyTask({ plan, broker, cacheBudget, clock, directory })
    standbys.add(task).catch(onFatal)
  }

  #runnerOptions(): RunnerOptions {
    const { environment, events, memory, onFatal, runner } = this.#options
    return {
      ...runner,
      clock: environment.clock,
      checkpointsEarly: (bytes) => this.#isMemoryShort(bytes),
      outputBytesMax: () => memory.outputBytes(this.#runners.size),
      onRetry: (taskId, error, pauseMs) => {
        events.onRetry(taskId, error, pauseMs)
      },
      onCommitted: (task, latencyMs) => {
        events.onCommitted(task.id, latencyMs)
      },
      onFatal: (_task, error) => {
        onFatal(error)
      },
      onMigrated: (task, error) => {
        events.onMigrated(task.id, error)
        this.#inTurn(() => this.#restartMigrated(task)).catch(onFatal)
      },
    }
  }

  /** One budget over all tasks: an idle one leaves its part to the others. */
  #isMemoryShort(taskBytes: number): boolean {
    const bytesMax = this.#options.memory.stateBytes / 2
    if (taskBytes < bytesMax / this.#runners.size) return false
    let bytes = 0
    for (const { task } of this.#runners.values()) bytes += task.stores?.uncheckpointedBytes ?? 0
    return bytes > bytesMax
  }

  /** Fenced: if the membership still stands the task is ours and starts anew. */
  async #restartMigrated(task: StreamTask): Promise<void> {
    // Closed already by an assignment that took it, or by a loss.
    if (this.#runners.get(task.id)?.task !== task) return
    await this.#close([task.id], false)
    if (await this.#isStillMember(task)) await this.#start(task.id)
  }

  async #isStillMember({ id }: StreamTask): Promise<boolean> {
    const { environment, events, membership } = this.#options
    while (this.#wanted.has(id)) {
      try {
        await membership.confirm()
        return true
      } catch (error) {
        if (error instanceof FencedError) return false
        if (!(error instanceof RetriableError)) throw error
        events.onRetry(id, error, CONFIRM_PAUSE_MS)
        await environment.clock.sleep(CONFIRM_PAUSE_MS)
      }
    }
    return false
  }
}

const CONFIRM_PAUSE_MS = 500

function ignore(): void {
  // A failed change is its caller's; the next one comes all the same.
}
