import { UnknownTopicError } from '../broker/errors.ts'
import type { Group, GroupMetadata, Transaction } from '../broker/port.ts'
import { CacheBudget } from '../state/cache-budget.ts'
import { AssignedTasks } from './assigned-tasks.ts'
import { decodeAssignment } from './assignment/assignment-data.ts'
import { assignGroup } from './assignment/group-assignment.ts'
import { ownHost } from './assignment/own-host.ts'
import { encodeSubscription } from './assignment/subscription-data.ts'
import { TaskRouting } from './assignment/task-routing.ts'
import { AtLeastOnceWriter } from './at-least-once.ts'
import { changelogProgress } from './changelog.ts'
import { InputLostError, RuntimeConfigError } from './errors.ts'
import { FetchPump } from './fetch-pump.ts'
import { GlobalTables } from './global-tables.ts'
import type { InstanceOptions } from './instance-options.ts'
import { MemoryBudget } from './memory-budget.ts'
import { Pace } from './pace.ts'
import type { StandbyTask } from './standby-task.ts'
import { StandbyUpdater } from './standby-updater.ts'
import type { TaskEnvironment } from './task-environment.ts'
import type { TaskRunner } from './task-runner.ts'
import { planTopics, type TopicPlan } from './topic-plan.ts'
import { TopicWatch } from './topic-watch.ts'
import { topologyHash } from './topology-hash.ts'

export type InstanceState = 'created' | 'starting' | 'running' | 'closing' | 'closed' | 'error'

const SESSION_TIMEOUT_MS = 45_000
const HEARTBEAT_INTERVAL_MS_MAX = 3_000
/** One that is lost must not end a session. */
const HEARTBEATS_PER_SESSION = 3

/** Of the time, when tasks run beside it. */
const RESTORE_SHARE = 0.5
const STANDBY_SHARE = 0.25

/**
 * One member of a Streams application: joins the group, runs the tasks it is given, and leaves.
 *
 * I1. A task runs on at most one member: the group assigns it, the transactional id fences it.
 * I2. `close` commits and checkpoints every task before it leaves, so nothing is done again.
 * I3. A fatal error of one task stops the instance: no partial service that looks whole.
 */
export class StreamsInstance {
  readonly #options: InstanceOptions
  readonly #memory: MemoryBudget
  readonly #cacheBudget: CacheBudget
  readonly #pump: FetchPump
  readonly #globalTables: GlobalTables
  readonly #standbys: StandbyUpdater
  readonly #counters = new Map<string, number>()
  readonly #hash: string
  #plan: TopicPlan | null = null
  #group: Group | null = null
  #tasks: AssignedTasks | null = null
  #topicWatch: TopicWatch | null = null
  #routing: TaskRouting | null = null
  /** Tasks whose state lies on disk from an earlier life. */
  #leftOver: readonly string[] = []
  #ownedGeneration = -1
  #state: InstanceState = 'created'
  #closed: Promise<void> | null = null
  #rebalances = 0

  constructor(options: InstanceOptions) {
    const { broker, clock, settings, topology } = options
    this.#options = options
    this.#hash = topologyHash(topology)
    this.#memory = new MemoryBudget(settings.memoryBytesMax)
    this.#cacheBudget = new CacheBudget(this.#memory.stateBytes)
    this.#pump = new FetchPump(broker, this.#memory, clock, (error) => {
      this.#fail(error)
    })
    this.#globalTables = new GlobalTables(topology, broker, (error) => {
      this.#fail(error)
    })
    this.#standbys = new StandbyUpdater({
      applicationId: settings.applicationId,
      broker,
      clock,
      pace: new Pace(clock, STANDBY_SHARE, () => this.#isBusy()),
      events: options.events,
      onError: (error) => {
        this.#fail(error)
      },
    })
  }

  get state(): InstanceState {
    return this.#state
  }

  get plan(): TopicPlan | null {
    return this.#plan
  }

  get runners(): ReadonlyMap<string, TaskRunner> {
    return this.#tasks?.runners ?? new Map<string, TaskRunner>()
  }

  get standbys(): ReadonlyMap<string, StandbyTask> {
    return this.#standbys.tasks
  }

  /** Where each task runs; null before the first assignment and out of the group. */
  get routing(): TaskRouting | null {
    return this.#routing
  }

  get sessionTimeoutMs(): number {
    return this.#options.settings.sessionTimeoutMs ?? SESSION_TIMEOUT_MS
  }

  /**
   * Asks the group whether this member is still one: after a pause of the process it may have been
   * given up without knowing.
   * @throws {FencedError} it is not: its tasks may run elsewhere
   */
  async confirmMembership(): Promise<void> {
    await this.#group?.confirm()
  }

  /** Node counters by `node/counter`. */
  get counters(): ReadonlyMap<string, number> {
    return this.#counters
  }

  get globalTables(): GlobalTables {
    return this.#globalTables
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
    const { broker, clock, directory, events, settings, topics, topology } = this.#options
    this.#state = 'starting'
    this.#plan = await planTopics(settings.applicationId, topology, broker, topics)
    for (const warning of this.#plan.warnings) events.onWarning(warning)
    const onChanged = (error: unknown) => this.#fail(error)
    this.#topicWatch = new TopicWatch({ ...this.#plan, broker, clock, events, onChanged })
    this.#topicWatch.start()
    this.#leftOver = await directory.existing()
    await this.#globalTables.start()
    this.#pump.start()
    this.#group = this.#joinable(this.#plan)
    this.#tasks = this.#newTasks(this.#plan, this.#group)
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
    if (this.#tasks === null) await this.#standbys.close()
    else await this.#tasks.close(!failed)
    await this.#group?.leave()
    this.#topicWatch?.close()
    await this.#pump.close()
    await this.#globalTables.close()
    this.#state = 'closed'
  }

  #joinable({ tasks }: TopicPlan): Group {
    const { broker, settings } = this.#options
    const { sessionTimeoutMs } = this
    const { applicationId, groupInstanceId, numStandbyReplicas } = settings
    const known = [...tasks].map(([id, { changelogs }]) => ({
      id,
      isStateful: changelogs.length > 0,
    }))
    const assignorOptions = {
      numStandbyReplicas: numStandbyReplicas ?? 0,
      topologyHash: this.#hash,
    }
    return broker.group({
      groupId: applicationId,
      ...(groupInstanceId == null ? {} : { instanceId: groupInstanceId }),
      sessionTimeoutMs,
      heartbeatIntervalMs: Math.min(
        HEARTBEAT_INTERVAL_MS_MAX,
        sessionTimeoutMs / HEARTBEATS_PER_SESSION,
      ),
      subscription: () => this.#subscription(),
      assign: (members) => assignGroup(members, known, assignorOptions),
      onAssigned: (assignment, metadata) => this.#onAssigned(assignment, metadata),
      onLost: () => this.#onLost(),
      onFailed: (error) => {
        this.#fail(error)
      },
    })
  }

  #subscription(): Buffer {
    const owned = [...this.runners.keys()]
    const standby = [...this.standbys.keys()]
    const state = new Map(this.#leftOver.map((id) => [id, 0]))
    for (const [id, task] of this.standbys) state.set(id, task.progress)
    for (const [id, { task }] of this.runners) state.set(id, changelogProgress(task.stores))
    return encodeSubscription({
      owned,
      ownedGeneration: this.#ownedGeneration,
      standby,
      state,
      endpoint: this.#options.settings.applicationServer ?? null,
      topologyHash: this.#hash,
    })
  }

  async #onAssigned(bytes: Buffer, metadata: GroupMetadata): Promise<void> {
    if (this.#state === 'closing') return
    const { applicationId, applicationServer = null } = this.#options.settings
    const assignment = decodeAssignment(bytes)
    const { active, standby } = assignment
    const isForeign = [...active, ...standby].some((id) => !this.#plan!.tasks.has(id))
    if (assignment.error !== null || isForeign) {
      this.#fail(topologyDiffers(applicationId))
      return
    }
    this.#rebalances++
    this.#ownedGeneration = metadata.generationId
    const own = ownHost(assignment, metadata.memberId)
    this.#routing = new TaskRouting(assignment, own?.memberId ?? metadata.memberId)
    const hasGivenBack = await this.#tasks!.become(active, standby)
    this.#options.events.onAssigned(active)
    // A static restart alone tells nobody; once it is told, the member has its own id there.
    const isElsewhere =
      own !== null && own.memberId !== metadata.memberId && own.endpoint !== applicationServer
    if (hasGivenBack || isElsewhere) this.#group!.rejoin()
  }

  async #onLost(): Promise<void> {
    this.#routing = null
    this.#ownedGeneration = -1
    this.#options.events.onLost()
    await this.#tasks!.lose()
  }

  #newTasks(plan: TopicPlan, group: Group): AssignedTasks {
    const { events, settings } = this.#options
    return new AssignedTasks({
      plans: plan.tasks,
      environment: this.#environment(plan, group),
      runner: {
        commitIntervalMs: settings.commitIntervalMs,
        checkpointIntervalMs: settings.checkpointIntervalMs,
        retryBackoffMaxMs: settings.retryBackoffMaxMs ?? 10_000,
      },
      membership: group,
      memory: this.#memory,
      pump: this.#pump,
      standbys: this.#standbys,
      events,
      onFatal: (error) => {
        this.#fail(error)
      },
    })
  }

  #environment(plan: TopicPlan, group: Group): Omit<TaskEnvironment, 'feed'> {
    const { broker, clock, directory, events, probe, registry, settings, topology } = this.#options
    const onRetry: typeof events.onRetry = (...retry) => {
      events.onRetry(...retry)
    }
    return {
      applicationId: settings.applicationId,
      topology,
      broker,
      membership: group,
      writer: (taskId) => this.#writer(taskId, group),
      isExactlyOnce: settings.processingGuarantee !== 'at_least_once',
      directory,
      clock,
      partitionCounts: plan.partitionCounts,
      globalTables: this.#globalTables.tables,
      counters: this.#counters,
      schemas: registry === undefined ? null : { registry, onRetry },
      cacheBudget: this.#cacheBudget,
      restoring: {
        pace: new Pace(clock, RESTORE_SHARE, () => this.#isBusy()),
        partitionBytesMax: this.#memory.restoreBytes(changelogCount(plan)),
      },
      onRestored: (taskId, records, elapsedMs) => {
        events.onRestored(taskId, records, elapsedMs)
      },
      onWarning: (message) => {
        events.onWarning(message)
      },
      probe,
    }
  }

  #writer(taskId: string, group: Group): Transaction {
    const { broker, settings } = this.#options
    if (settings.processingGuarantee === 'at_least_once') {
      const { changelogs } = this.#plan!.tasks.get(taskId)!
      const topics = changelogs.map(({ topic }) => topic.name)
      return new AtLeastOnceWriter(broker.producer(), group, topics)
    }
    return broker.transaction(`${settings.applicationId}-${taskId}`, {
      timeoutMs: settings.transactionTimeoutMs ?? 60_000,
    })
  }

  /** True while a task runs that has something to do. */
  #isBusy(): boolean {
    for (const { task } of this.runners.values()) {
      if (task.state === 'running' && task.isDirty) return true
    }
    return false
  }

  #fail(error: unknown): void {
    if (this.#state === 'closing' || this.#state === 'closed' || this.#state === 'error') return
    this.#state = 'error'
    const isOfTopic = error instanceof UnknownTopicError || error instanceof InputLostError
    const cause = isOfTopic ? this.#topicWatch?.causeOf(error) : undefined
    if (cause === undefined) this.#options.events.onFatal(error)
    else void cause.then((found) => this.#options.events.onFatal(found))
  }
}

/** Changelog partitions of all tasks: any of them may be restored here, all at once. */
function changelogCount({ tasks }: TopicPlan): number {
  return [...tasks.values()].reduce((count, { changelogs }) => count + changelogs.length, 0)
}

function topologyDiffers(applicationId: string): RuntimeConfigError {
  return new RuntimeConfigError(
    `the other instances of ${applicationId} run another topology, whose tasks are not these: ` +
      'stop all of them before this one starts, or give it another APPLICATION_ID',
  )
}
