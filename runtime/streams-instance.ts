import type { Clock } from '../broker/clock.ts'
import { FencedError } from '../broker/errors.ts'
import type { Broker, Group, TopicSpec } from '../broker/port.ts'
import type { BuiltTopology } from '../topology/nodes.ts'
import type { CrashProbe } from './crash-probe.ts'
import { FetchPump } from './fetch-pump.ts'
import { GlobalTables } from './global-tables.ts'
import type { InstanceEvents } from './instance-events.ts'
import type { StateDirectory } from './state-directory.ts'
import { inputLost } from './errors.ts'
import { StreamTask } from './stream-task.ts'
import type { TaskEnvironment, TaskPlan } from './task-environment.ts'
import { assignTasks } from './task-assignor.ts'
import { decodeTasks, encodeTasks } from './task-list.ts'
import { TaskRunner, type RunnerOptions } from './task-runner.ts'
import { planTopics, type TopicPlan } from './topic-plan.ts'

export interface InstanceSettings {
  readonly applicationId: string
  readonly commitIntervalMs: number
  readonly checkpointIntervalMs: number
  /** Bytes of decoded values over all tasks of the instance. */
  readonly cacheBytesMax: number
  /** @default 60000 */
  readonly transactionTimeoutMs?: number
  /** @default 10000 */
  readonly retryBackoffMaxMs?: number
  readonly instanceId?: string
}

export interface InstanceOptions {
  readonly settings: InstanceSettings
  readonly topology: BuiltTopology
  readonly broker: Broker
  readonly directory: StateDirectory
  readonly clock: Clock
  /** Inputs and outputs to create when absent. */
  readonly topics: readonly TopicSpec[]
  readonly events: InstanceEvents
  readonly probe?: CrashProbe
}

export type InstanceState = 'created' | 'starting' | 'running' | 'closing' | 'closed' | 'error'

/**
 * One member of a Streams application: joins the group, runs the tasks it is given, and leaves.
 *
 * I1. A task runs on at most one member: the group assigns it, the transactional id fences it.
 * I2. `close` commits and checkpoints every task before it leaves, so nothing is done again.
 * I3. A fatal error of one task stops the instance: no partial service that looks whole.
 */
export class StreamsInstance {
  readonly #options: InstanceOptions
  readonly #runners = new Map<string, TaskRunner>()
  readonly #pump: FetchPump
  readonly #globalTables: GlobalTables
  readonly #counters = new Map<string, number>()
  #plan: TopicPlan | null = null
  #group: Group | null = null
  #state: InstanceState = 'created'
  #closed: Promise<void> | null = null
  #rebalances = 0

  constructor(options: InstanceOptions) {
    this.#options = options
    this.#pump = new FetchPump(options.broker, (error) => this.#fail(error))
    this.#globalTables = new GlobalTables(options.topology, options.broker)
  }

  get state(): InstanceState {
    return this.#state
  }

  get plan(): TopicPlan | null {
    return this.#plan
  }

  get runners(): ReadonlyMap<string, TaskRunner> {
    return this.#runners
  }

  /** Node counters by `node/counter`. */
  get counters(): ReadonlyMap<string, number> {
    return this.#counters
  }

  get rebalances(): number {
    return this.#rebalances
  }

  /**
   * Checks topics, joins the group and starts the tasks; resolves when they are assigned, not
   * when they are restored.
   * @throws {RuntimeConfigError} the topics do not fit: nothing was started
   */
  async start(): Promise<void> {
    const { broker, settings, topics, topology } = this.#options
    this.#state = 'starting'
    this.#plan = await planTopics(settings.applicationId, topology, broker, topics)
    await this.#globalTables.start()
    this.#pump.start()
    this.#group = this.#joinable()
    await this.#group.join()
    if (this.state === 'starting') this.#state = 'running'
  }

  /** Graceful: commit, checkpoint, leave. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const failed = this.#state === 'error'
    this.#state = 'closing'
    await this.#closeTasks([...this.#runners.keys()], !failed)
    await this.#group?.leave()
    await this.#pump.close()
    await this.#globalTables.close()
    this.#state = 'closed'
  }

  #joinable(): Group {
    const { broker, settings } = this.#options
    const { instanceId } = settings
    return broker.group({
      groupId: settings.applicationId,
      ...(instanceId === undefined ? {} : { instanceId }),
      subscription: () => encodeTasks([...this.#runners.keys()]),
      assign: (members) => {
        const tasks = [...this.#plan!.tasks.keys()]
        const known = members.map(({ memberId, subscription }) => ({
          memberId,
          previousTasks: decodeTasks(subscription),
        }))
        const assigned = [...assignTasks(known, tasks)]
        return new Map(assigned.map(([memberId, own]) => [memberId, encodeTasks(own)]))
      },
      onAssigned: (assignment) => this.#onAssigned(decodeTasks(assignment)),
      onRevoked: () => this.#suspendTasks(),
      onLost: () => this.#onLost(),
    })
  }

  /** Tasks that stay go on where they stand; the others close; new ones start. */
  async #onAssigned(assigned: readonly string[]): Promise<void> {
    this.#rebalances++
    const gone = [...this.#runners.keys()].filter((id) => !assigned.includes(id))
    await this.#closeTasks(gone, false)
    for (const id of assigned) {
      const runner = this.#runners.get(id)
      if (runner === undefined || runner.task.state === 'closed') {
        this.#startTask(this.#plan!.tasks.get(id)!)
      } else runner.resume()
    }
    this.#options.events.onAssigned(assigned)
  }

  /** The generation ends: everything processed is committed while the membership still counts. */
  async #suspendTasks(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.suspend()))
  }

  async #onLost(): Promise<void> {
    this.#options.events.onLost()
    await this.#closeTasks([...this.#runners.keys()], false)
  }

  async #closeTasks(ids: readonly string[], commit: boolean): Promise<void> {
    const closing = ids.map((id) => this.#runners.get(id)!)
    await Promise.all(
      closing.map(async (runner) => {
        for (const queue of runner.task.queues) this.#pump.detach(queue)
        await runner.close(commit)
        this.#runners.delete(runner.task.id)
      }),
    )
  }

  #startTask(plan: TaskPlan): void {
    const task = new StreamTask(this.#environment(), plan)
    const runner = new TaskRunner(task, this.#runnerOptions())
    this.#runners.set(task.id, runner)
    runner.start()
  }

  #environment(): TaskEnvironment {
    const { broker, clock, directory, probe, settings, topology } = this.#options
    const plan = this.#plan!
    const group = this.#group!
    return {
      applicationId: settings.applicationId,
      topology,
      broker,
      membership: group,
      directory,
      clock,
      partitionCounts: plan.partitionCounts,
      globalTables: this.#globalTables.tables,
      counters: this.#counters,
      cacheBytesMax: Math.floor(settings.cacheBytesMax / plan.tasks.size),
      transactionTimeoutMs: settings.transactionTimeoutMs ?? 60_000,
      probe,
      feed: {
        attach: (taskId, queues) => {
          for (const queue of queues) {
            this.#pump.attach(
              queue,
              () => this.#runners.get(taskId)?.notify(),
              (event) => this.#fail(inputLost(taskId, event)),
            )
          }
        },
        relieve: (queue) => this.#pump.relieve(queue),
      },
    }
  }

  #runnerOptions(): RunnerOptions {
    const { clock, events, settings } = this.#options
    return {
      clock,
      commitIntervalMs: settings.commitIntervalMs,
      checkpointIntervalMs: settings.checkpointIntervalMs,
      checkpointsEarly: (bytes) => this.#isMemoryShort(bytes),
      retryBackoffMaxMs: settings.retryBackoffMaxMs ?? 10_000,
      onRetry: (taskId, error, pauseMs) => events.onRetry(taskId, error, pauseMs),
      onCommitted: (task, latencyMs) => events.onCommitted(task.id, latencyMs),
      onFatal: (_task, error) => this.#fail(error),
      onMigrated: (task, error) => {
        events.onMigrated(task.id, error)
        void this.#restartMigrated(task).catch((failure: unknown) => this.#fail(failure))
      },
    }
  }

  /** One budget over all tasks: an idle one leaves its part to the others. */
  #isMemoryShort(taskBytes: number): boolean {
    const { cacheBytesMax } = this.#options.settings
    if (taskBytes < cacheBytesMax / 2 / this.#runners.size) return false
    let bytes = 0
    for (const { task } of this.#runners.values()) bytes += task.stores?.uncheckpointedBytes ?? 0
    return bytes > cacheBytesMax / 2
  }

  /** Fenced: if the membership still stands the task is ours and starts anew. */
  async #restartMigrated(task: StreamTask): Promise<void> {
    await this.#closeTasks([task.id], false)
    try {
      await this.#group!.confirm()
    } catch (error) {
      if (error instanceof FencedError) return
      throw error
    }
    if (this.#state === 'running' && !this.#runners.has(task.id)) this.#startTask(task.plan)
  }

  #fail(error: unknown): void {
    if (this.#state === 'closing' || this.#state === 'closed' || this.#state === 'error') return
    this.#state = 'error'
    this.#options.events.onFatal(error)
  }
}
