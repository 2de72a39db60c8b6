import type { Clock } from '../broker/clock.ts'
import type { Broker, Fetched } from '../broker/port.ts'
import type { TaskState } from '../state/task-state.ts'
import { changelogRows, changelogStart, type Changelog } from './changelog.ts'
import type { CrashProbe } from './crash-probe.ts'
import { TaskCorruptedError } from './errors.ts'
import type { Pace } from './pace.ts'
import { RestoreMeter } from './restore-progress.ts'

export interface RestoreOptions {
  readonly taskId: string
  readonly broker: Broker
  readonly clock: Clock
  readonly state: TaskState
  readonly changelogs: readonly Changelog[]
  readonly partition: number
  readonly probe: CrashProbe | undefined
  /** Gives running tasks their share of the time. */
  readonly pace: Pace
  /** Fetched ahead of each changelog, and again as much under way. */
  readonly partitionBytesMax: number
  /** Aborts between pages when the task is closed meanwhile. */
  readonly signal: AbortSignal
}

interface Target {
  readonly changelog: Changelog
  readonly from: number
  readonly end: number
  position: number
}

/**
 * Step 2 of the commit order: brings every store from the position kept beside its data to the
 * end of its changelog.
 *
 * R1. Runs after fencing, so nobody else can still append: the end is final.
 * R2. Done means position ≥ end, never "last record seen": markers, aborted and compacted
 *     records leave no record behind.
 * R3. A position of another topic id, beyond the end, before the log's start, or older than
 *     tombstone retention with something still to read, does not fit: TaskCorruptedError.
 */
export class StoreRestorer {
  readonly meter: RestoreMeter
  readonly #options: RestoreOptions

  constructor(options: RestoreOptions) {
    this.#options = options
    this.meter = new RestoreMeter(options.clock.now())
  }

  /**
   * @returns records applied
   * @throws {TaskCorruptedError} a position does not fit: wipe and restore in full
   */
  async restore(): Promise<number> {
    const { broker, changelogs, clock, partition, state, taskId } = this.#options
    const partitions = changelogs.map(({ topic }) => ({ topic: topic.name, partition }))
    const ends = await broker.listOffsets(partitions, 'latest', 'read_uncommitted')
    const starts = await broker.listOffsets(partitions, 'earliest', 'read_uncommitted')
    const known = state.positions()
    const targets = changelogs.map((changelog, i): Target => {
      const end = ends[i]!.offset
      const bounds = { start: starts[i]!.offset, end }
      const position = known.get(changelog.store)
      const from = changelogStart(taskId, changelog, position, bounds, clock.now())
      this.meter.expect(end - from)
      return { changelog, from, end, position: from }
    })
    return await this.#readAll(targets.filter(({ from, end }) => from < end))
  }

  /** All stores over one fetcher, so that the broker is never waited for store by store. */
  async #readAll(targets: readonly Target[]): Promise<number> {
    const { broker, clock, pace, partition, partitionBytesMax, signal, taskId } = this.#options
    const left = new Map(targets.map((target) => [target.changelog.topic.name, target]))
    if (left.size === 0) return 0
    const fetcher = broker.fetcher({ isolation: 'read_committed', partitionBytesMax })
    let applied = 0
    try {
      fetcher.assign([...left].map(([topic, { from }]) => ({ topic, partition, offset: from })))
      while (left.size > 0 && !signal.aborted) {
        const { fetched, outOfRange } = await fetcher.poll(1000)
        for (const { topic, offset } of outOfRange) {
          throw new TaskCorruptedError(`task ${taskId}: ${topic} moved below ${offset}`)
        }
        for (const stretch of fetched) {
          const startedMs = clock.now()
          applied += await this.#apply(stretch, left)
          await pace.rest(clock.now() - startedMs)
        }
        const done = targets.filter(({ changelog }) => !left.has(changelog.topic.name))
        fetcher.unassign(done.map(({ changelog }) => ({ topic: changelog.topic.name, partition })))
      }
    } finally {
      await fetcher.close()
    }
    return applied
  }

  async #apply(stretch: Fetched, left: Map<string, Target>): Promise<number> {
    const { clock, partition, probe, state, taskId } = this.#options
    const target = left.get(stretch.topic)
    if (target === undefined) return 0
    const { changelog, position } = target
    const rows = changelogRows(stretch)
    await probe?.('2-during-restore', taskId)
    await state.restore(changelog.store, rows, {
      topicId: changelog.topic.topicId,
      partition,
      offset: stretch.nextOffset,
      brokerTimeMs: clock.now(),
    })
    this.meter.advance(stretch.nextOffset - position)
    target.position = stretch.nextOffset
    if (target.position >= target.end) left.delete(stretch.topic)
    return rows.length
  }
}
