import type { Broker, Fetched, PartitionOffset, TopicPartition } from '../broker/port.ts'
import type { Clock } from '../broker/clock.ts'
import type { CacheBudget } from '../state/cache-budget.ts'
import type { TaskState } from '../state/task-state.ts'
import { changelogRows, changelogStart, type Changelog } from './changelog.ts'
import { TaskCorruptedError } from './errors.ts'
import type { StateDirectory } from './state-directory.ts'
import type { TaskPlan } from './task-environment.ts'
import { formatTaskId } from './task-id.ts'

export interface StandbyOptions {
  readonly plan: TaskPlan
  readonly broker: Broker
  readonly directory: StateDirectory
  readonly clock: Clock
  /** For decoded values of the active task that takes the stores over. */
  readonly cacheBudget: CacheBudget
}

/** Where every changelog stood after the task's owner had committed these inputs. */
interface Mark {
  readonly inputs: readonly PartitionOffset[]
  readonly ends: ReadonlyMap<string, number>
  readonly atMs: number
}

/**
 * Keeps the state of a task warm that runs elsewhere, by following its changelogs.
 *
 * S1. Applies committed changelog records only, each page with its position in one batch: a crash
 *     at any point leaves a state that fits its position.
 * S2. `inputs` are a lower bound: a mark is taken by reading the committed input offsets first and
 *     the ends of the changelogs after; both were written in one transaction, so whoever has read
 *     up to those ends holds the effects of at least those inputs.
 * S3. Given up as a whole: `release` hands the open stores to the active task that replaces it.
 */
export class StandbyTask {
  readonly id: string
  readonly plan: TaskPlan
  readonly #options: StandbyOptions
  readonly #offsets = new Map<string, number>()
  readonly #logEnds = new Map<string, number>()
  #stores: TaskState | null = null
  #reached: Mark | null = null
  #awaited: Mark | null = null
  #appliedRecords = 0

  constructor(options: StandbyOptions) {
    this.#options = options
    this.plan = options.plan
    this.id = formatTaskId(options.plan.id)
  }

  /** Null before `open` and after `release` or `close`. */
  get stores(): TaskState | null {
    return this.#stores
  }

  /** Input positions (next offsets) whose effects the state holds at least; empty: not known. */
  get inputs(): readonly PartitionOffset[] {
    return this.#reached?.inputs ?? []
  }

  /** How long ago `inputs` were the newest committed ones, in milliseconds; null: not known. */
  get stalenessMs(): number | null {
    return this.#reached === null ? null : this.#options.clock.now() - this.#reached.atMs
  }

  /** Changelog records not yet applied, as the last fetch saw it. */
  get changelogLag(): number {
    let lag = 0
    for (const [topic, end] of this.#logEnds) lag += Math.max(0, end - this.#offsets.get(topic)!)
    return lag
  }

  get appliedRecords(): number {
    return this.#appliedRecords
  }

  /** The sum of the changelog positions: how far the state is. */
  get progress(): number {
    let sum = 0
    for (const offset of this.#offsets.values()) sum += offset
    return sum
  }

  /** Where each changelog is read on. */
  get positions(): readonly PartitionOffset[] {
    return this.changelogs.map((at) => ({ ...at, offset: this.#offsets.get(at.topic) ?? 0 }))
  }

  get changelogs(): readonly TopicPartition[] {
    const { partition } = this.plan.id
    return this.plan.changelogs.map(({ topic }) => ({ topic: topic.name, partition }))
  }

  /**
   * Opens the state; what does not fit its changelogs is wiped. May be called again after it threw.
   * @returns where to read each changelog from
   */
  async open(): Promise<PartitionOffset[]> {
    const { cacheBudget, directory } = this.#options
    this.#stores ??= await directory.open(this.id, this.plan.subTopology.stores, cacheBudget)
    try {
      return await this.#starts()
    } catch (error) {
      if (!(error instanceof TaskCorruptedError)) throw error
      return await this.wipe()
    }
  }

  /** The state cannot be continued: begins anew. */
  async wipe(): Promise<PartitionOffset[]> {
    this.#reached = null
    this.#awaited = null
    this.#logEnds.clear()
    await this.#stores!.wipe()
    return await this.#starts()
  }

  /** @param stretch of one of its changelogs, following what was applied before */
  async apply(stretch: Fetched): Promise<void> {
    const changelog = this.plan.changelogs.find(({ topic }) => topic.name === stretch.topic)!
    const rows = changelogRows(stretch)
    await this.#stores!.restore(changelog.store, rows, {
      topicId: changelog.topic.topicId,
      partition: stretch.partition,
      offset: stretch.nextOffset,
      brokerTimeMs: this.#options.clock.now(),
    })
    this.#appliedRecords += rows.length
    this.#offsets.set(stretch.topic, stretch.nextOffset)
    this.#logEnds.set(stretch.topic, stretch.lastStableOffset)
    this.#settle()
  }

  /**
   * Takes a mark (see S2).
   * @param inputs committed offsets, read before `ends`
   * @param ends of its changelogs, what is not committed yet included
   * @param atMs when the inputs were read
   */
  mark(inputs: readonly PartitionOffset[], ends: readonly PartitionOffset[], atMs: number): void {
    const byTopic = new Map(ends.map(({ topic, offset }) => [topic, offset]))
    for (const [topic, end] of byTopic) this.#logEnds.set(topic, end)
    // An older mark that is still awaited is reached first: replacing it could starve both.
    this.#awaited ??= { inputs, ends: byTopic, atMs }
    this.#settle()
  }

  /** Hands over the open stores; the task is over. */
  release(): TaskState | null {
    const stores = this.#stores
    this.#stores = null
    return stores
  }

  async close(): Promise<void> {
    await this.release()?.close()
  }

  #settle(): void {
    if (this.#awaited === null) return
    for (const [topic, end] of this.#awaited.ends) {
      if ((this.#offsets.get(topic) ?? 0) < end) return
    }
    this.#reached = this.#awaited
    this.#awaited = null
  }

  async #starts(): Promise<PartitionOffset[]> {
    const { broker, clock } = this.#options
    const partitions = this.changelogs
    const [starts, ends] = await Promise.all([
      broker.listOffsets(partitions, 'earliest'),
      broker.listOffsets(partitions, 'latest'),
    ])
    const known = this.#stores!.positions()
    return this.plan.changelogs.map((changelog: Changelog, i) => {
      const bounds = { start: starts[i]!.offset, end: ends[i]!.offset }
      const position = known.get(changelog.store)
      const offset = changelogStart(this.id, changelog, position, bounds, clock.now())
      this.#offsets.set(changelog.topic.name, offset)
      return { ...partitions[i]!, offset }
    })
  }
}
