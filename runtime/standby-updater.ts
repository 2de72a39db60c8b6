import type { Clock } from '../broker/clock.ts'
import { RetriableError } from '../broker/errors.ts'
import type { Broker, Fetched, Fetcher, PartitionOffset } from '../broker/port.ts'
import { StateWriteError } from '../state/errors.ts'
import type { Pace } from './pace.ts'
import type { StandbyTask } from './standby-task.ts'

export interface UpdaterOptions {
  readonly applicationId: string
  readonly broker: Broker
  readonly clock: Clock
  readonly pace: Pace
  readonly onError: (error: unknown) => void
}

const POLL_WAIT_MS = 250
const MARK_INTERVAL_MS = 500
const RETRY_PAUSE_MS = 500

/**
 * Moves changelog records to the standby tasks of an instance, over one fetcher for all of them.
 *
 * U1. Runs beside processing and gives way to it (see Pace).
 * U2. A task is removed only between two pages: afterwards nothing of it is under way.
 * U3. A standby whose changelog moved away under it is wiped and begins anew; it serves nobody
 *     meanwhile, since it does not know what it holds.
 */
export class StandbyUpdater {
  readonly #options: UpdaterOptions
  readonly #tasks = new Map<string, StandbyTask>()
  #fetcher: Fetcher | null = null
  #loop: Promise<void> | null = null
  #underWay: Promise<void> = Promise.resolve()
  #lastMarkMs = 0
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
    try {
      const positions = await this.#open(task)
      // Removed meanwhile: `remove` closed nothing, for there was nothing open yet.
      if (positions === null) {
        await task.close()
        return
      }
      this.#reader().assign(positions)
      this.#loop ??= this.#run().catch(this.#options.onError)
    } catch (error) {
      this.#tasks.delete(task.id)
      await task.close()
      throw error
    }
  }

  async #open(task: StandbyTask): Promise<PartitionOffset[] | null> {
    while (this.#tasks.get(task.id) === task) {
      try {
        const positions = await task.open()
        return this.#tasks.get(task.id) === task ? positions : null
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error
        await task.close()
        await this.#options.clock.sleep(RETRY_PAUSE_MS)
      }
    }
    return null
  }

  /** Stops following it; the caller closes it or takes its stores. */
  async remove(taskId: string): Promise<StandbyTask | undefined> {
    const task = this.#tasks.get(taskId)
    if (task === undefined) return undefined
    this.#tasks.delete(taskId)
    this.#fetcher?.unassign(task.changelogs)
    await this.#underWay
    return task
  }

  async close(): Promise<void> {
    this.#stopped = true
    await this.#fetcher?.close()
    await this.#loop
    for (const task of this.#tasks.values()) await task.close()
    this.#tasks.clear()
  }

  #reader(): Fetcher {
    this.#fetcher ??= this.#options.broker.fetcher({ isolation: 'read_committed' })
    return this.#fetcher
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#turn()
      } catch (error) {
        if (this.#isStopped()) return
        if (!(error instanceof RetriableError || error instanceof StateWriteError)) throw error
        await this.#options.clock.sleep(RETRY_PAUSE_MS)
        // What was fetched and not applied is fetched again.
        const open = [...this.#tasks.values()].filter(({ stores }) => stores !== null)
        this.#reader().assign(open.flatMap(({ positions }) => positions))
      }
    }
  }

  async #turn(): Promise<void> {
    const { clock } = this.#options
    const { fetched, outOfRange } = await this.#reader().poll(POLL_WAIT_MS)
    for (const stretch of fetched) await this.#deliver(stretch)
    for (const { topic, partition } of outOfRange) await this.#restart(topic, partition)
    if (this.#tasks.size > 0 && clock.now() - this.#lastMarkMs >= MARK_INTERVAL_MS) {
      this.#lastMarkMs = clock.now()
      await this.#mark()
    }
  }

  /** Asked anew after an await, during which `close` may have run. */
  #isStopped(): boolean {
    return this.#stopped
  }

  async #deliver(stretch: Fetched): Promise<void> {
    const { clock, pace } = this.#options
    const task = this.#taskOf(stretch.topic, stretch.partition)
    if (task?.stores == null) return
    const startedMs = clock.now()
    const applied = task.apply(stretch)
    this.#underWay = applied.catch(() => undefined)
    await applied
    await pace.rest(clock.now() - startedMs)
  }

  async #restart(topic: string, partition: number): Promise<void> {
    const task = this.#taskOf(topic, partition)
    if (task?.stores == null) return
    const restarted = task.wipe()
    this.#underWay = restarted.then(
      () => undefined,
      () => undefined,
    )
    this.#reader().assign(await restarted)
  }

  /** One question for all tasks, inputs before ends (see StandbyTask S2). */
  async #mark(): Promise<void> {
    const { applicationId, broker, clock } = this.#options
    const tasks = [...this.#tasks.values()].filter(({ stores }) => stores !== null)
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

  #taskOf(topic: string, partition: number): StandbyTask | undefined {
    for (const task of this.#tasks.values()) {
      if (task.plan.id.partition !== partition) continue
      if (task.changelogs.some((changelog) => changelog.topic === topic)) return task
    }
    return undefined
  }
}
