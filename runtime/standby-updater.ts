import type { Clock } from '../broker/clock.ts'
import { RetriableError } from '../broker/errors.ts'
import type {
  Broker,
  Fetched,
  Fetcher,
  OutOfRange,
  PartitionOffset,
  TopicPartition,
} from '../broker/port.ts'
import { StateWriteError } from '../state/errors.ts'
import type { InstanceEvents } from './instance-events.ts'
import type { Pace } from './pace.ts'
import type { StandbyTask } from './standby-task.ts'

export interface UpdaterOptions {
  readonly applicationId: string
  readonly broker: Broker
  readonly clock: Clock
  readonly pace: Pace
  readonly events: Pick<InstanceEvents, 'onRetry'>
  readonly onError: (error: unknown) => void
}

const POLL_WAIT_MS = 250
const MARK_INTERVAL_MS = 500
const RETRY_PAUSE_MS = 500

/**
 * Moves changelog records to the standby tasks of an instance, over one fetcher for all of them.
 *
 * U1. Runs beside processing and gives way to it (see Pace).
 * U2. A task is removed only when it is open, or will never be, and between two pages: afterwards
 *     nothing of it is under way, and its directory is held by its stores or by nobody.
 * U3. A standby whose changelog moved away under it is wiped and begins anew; it serves nobody
 *     meanwhile, since it does not know what it holds.
 * U4. A page is applied only where its task stands: one that was fetched for a former life of the
 *     task would put old rows over new ones.
 */
export class StandbyUpdater {
  readonly #options: UpdaterOptions
  readonly #tasks = new Map<string, StandbyTask>()
  /** Those that are open, and whose changelogs are read. */
  readonly #following = new Set<StandbyTask>()
  readonly #openings = new Map<StandbyTask, Promise<unknown>>()
  #fetcher: Fetcher | null = null
  #loop: Promise<void> | null = null
  #underWay: Promise<void> = Promise.resolve()
  #lastMarkMs = 0
  /** From a failure to the next success. */
  #isPausing = false
  #stopped = false

  constructor(options: UpdaterOptions) {
    this.#options = options
  }

  get tasks(): ReadonlyMap<string, StandbyTask> {
    return this.#tasks
  }

  /**
   * Begins to follow the task as soon as the broker answers.
   * @throws what makes its state impossible to open; it is then not followed
   */
  async add(task: StandbyTask): Promise<void> {
    this.#tasks.set(task.id, task)
    const opening = this.#open(task)
    this.#openings.set(
      task,
      opening.catch(() => undefined),
    )
    try {
      const positions = await opening
      // Removed meanwhile: what is open is the remover's.
      if (positions === null || !this.#has(task)) return
      this.#following.add(task)
      this.#reader().assign(positions)
      this.#loop ??= this.#run().catch(this.#options.onError)
    } catch (error) {
      if (this.#has(task)) {
        this.#tasks.delete(task.id)
        await task.close()
      }
      throw error
    } finally {
      this.#openings.delete(task)
    }
  }

  async #open(task: StandbyTask): Promise<PartitionOffset[] | null> {
    while (this.#has(task)) {
      try {
        const positions = await task.open()
        this.#isPausing = false
        return this.#has(task) ? positions : null
      } catch (error) {
        if (!isPassing(error)) throw error
        await this.#pause(task.id, error)
      }
    }
    return null
  }

  /** Stops following it; the caller closes it or takes its stores. */
  async remove(taskId: string): Promise<StandbyTask | undefined> {
    const task = this.#tasks.get(taskId)
    if (task === undefined) return undefined
    this.#tasks.delete(taskId)
    this.#following.delete(task)
    this.#fetcher?.unassign(task.changelogs)
    await this.#openings.get(task)
    await this.#underWay
    return task
  }

  async close(): Promise<void> {
    this.#stopped = true
    const tasks = [...this.#tasks.values()]
    this.#tasks.clear()
    this.#following.clear()
    await this.#fetcher?.close()
    await this.#loop
    await Promise.all(this.#openings.values())
    for (const task of tasks) await task.close()
  }

  #has(task: StandbyTask): boolean {
    return this.#tasks.get(task.id) === task
  }

  #reader(): Fetcher {
    this.#fetcher ??= this.#options.broker.fetcher({ isolation: 'read_committed' })
    return this.#fetcher
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#turn()
        this.#isPausing = false
      } catch (error) {
        if (this.#isStopped()) return
        if (!isPassing(error)) throw error
        await this.#pause('standby', error)
        // What was fetched and not applied is fetched again.
        if (!this.#isStopped()) this.#reader().assign(this.#positions())
      }
    }
  }

  async #pause(what: string, error: unknown): Promise<void> {
    if (!this.#isPausing) this.#options.events.onRetry(what, error, RETRY_PAUSE_MS)
    this.#isPausing = true
    await this.#options.clock.sleep(RETRY_PAUSE_MS)
  }

  async #turn(): Promise<void> {
    const { clock } = this.#options
    const asked = new Map(this.#positions().map((at) => [keyOf(at), at.offset]))
    const { fetched, outOfRange } = await this.#reader().poll(POLL_WAIT_MS)
    for (const stretch of fetched) await this.#deliver(stretch, asked.get(keyOf(stretch)))
    for (const event of outOfRange) await this.#restart(event)
    if (this.#following.size > 0 && clock.now() - this.#lastMarkMs >= MARK_INTERVAL_MS) {
      this.#lastMarkMs = clock.now()
      await this.#mark()
    }
  }

  #positions(): PartitionOffset[] {
    return [...this.#following].flatMap(({ positions }) => positions)
  }

  /** Asked anew after an await, during which `close` may have run. */
  #isStopped(): boolean {
    return this.#stopped
  }

  async #deliver(stretch: Fetched, from: number | undefined): Promise<void> {
    const { clock, pace } = this.#options
    const task = this.#taskOf(stretch)
    if (task === undefined) return
    const at = task.positions.find(({ topic }) => topic === stretch.topic)!
    if (at.offset !== from) {
      this.#reader().assign([at])
      return
    }
    const startedMs = clock.now()
    const applied = task.apply(stretch)
    this.#underWay = applied.catch(() => undefined)
    await applied
    await pace.rest(clock.now() - startedMs)
  }

  async #restart(event: OutOfRange): Promise<void> {
    const task = this.#taskOf(event)
    const at = task?.positions.find(({ topic }) => topic === event.topic)
    if (task === undefined || at?.offset !== event.offset) return
    const restarted = task.wipe()
    this.#underWay = restarted.then(
      () => undefined,
      () => undefined,
    )
    const positions = await restarted
    if (this.#following.has(task)) this.#reader().assign(positions)
  }

  /** One question for all tasks, inputs before ends (see StandbyTask S2). */
  async #mark(): Promise<void> {
    const { applicationId, broker, clock } = this.#options
    const tasks = [...this.#following]
    const atMs = clock.now()
    const committed = await broker.groupAdmin(applicationId).committed()
    const ends = await broker.listOffsets(
      tasks.flatMap(({ changelogs }) => changelogs),
      'latest',
      // A transaction's markers reach its partitions one after the other: the offsets may be
      // committed while the changelog still hides what goes with them behind its last stable offset.
      'read_uncommitted',
    )
    for (const task of tasks) {
      const { partition } = task.plan.id
      const of = (topic: string) => (at: PartitionOffset) =>
        at.topic === topic && at.partition === partition
      const inputs = task.plan.inputs.flatMap(({ topic }) => committed.filter(of(topic)))
      task.mark(
        inputs.map(({ topic, offset }) => ({ topic, partition, offset })),
        task.changelogs.flatMap(({ topic }) => ends.filter(of(topic))),
        atMs,
      )
    }
  }

  #taskOf({ partition, topic }: TopicPartition): StandbyTask | undefined {
    for (const task of this.#following) {
      if (task.plan.id.partition !== partition) continue
      if (task.changelogs.some((changelog) => changelog.topic === topic)) return task
    }
    return undefined
  }
}

/** A broker that is away, a full disk: what is tried again. */
function isPassing(error: unknown): boolean {
  return error instanceof RetriableError || error instanceof StateWriteError
}

function keyOf({ partition, topic }: TopicPartition): string {
  return `${topic}:${partition}`
}
