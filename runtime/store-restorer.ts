import type { Clock } from '../broker/clock.ts'
import type { Broker, Fetched, TopicDescription } from '../broker/port.ts'
import type { ByteString } from '../bytes/byte-string.ts'
import type { ChangelogPosition, TaskState } from '../state/task-state.ts'
import type { CrashProbe } from './crash-probe.ts'
import { TaskCorruptedError } from './errors.ts'
import { RestoreMeter } from './restore-progress.ts'

/** How long a changelog keeps tombstones: state older than this may miss deletions. */
const TOMBSTONE_RETENTION_MS = 24 * 60 * 60 * 1000

export interface Changelog {
  readonly store: string
  readonly topic: TopicDescription
}

export interface RestoreOptions {
  readonly taskId: string
  readonly broker: Broker
  readonly clock: Clock
  readonly state: TaskState
  readonly changelogs: readonly Changelog[]
  readonly partition: number
  readonly probe: CrashProbe | undefined
  /** Aborts between pages when the task is closed meanwhile. */
  readonly signal: AbortSignal
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
    const { broker, changelogs, partition, state } = this.#options
    const partitions = changelogs.map(({ topic }) => ({ topic: topic.name, partition }))
    const ends = await broker.listOffsets(partitions, 'latest', 'read_uncommitted')
    const starts = await broker.listOffsets(partitions, 'earliest', 'read_uncommitted')
    const known = state.positions()
    const targets = changelogs.map((changelog, i) => {
      const end = ends[i]!.offset
      const from = this.#startOf(changelog, known.get(changelog.store), starts[i]!.offset, end)
      this.meter.expect(end - from)
      return { changelog, from, end }
    })
    let applied = 0
    for (const { changelog, from, end } of targets) {
      if (from < end) applied += await this.#restoreStore(changelog, from, end)
    }
    return applied
  }

  #startOf(
    changelog: Changelog,
    position: ChangelogPosition | undefined,
    logStart: number,
    end: number,
  ): number {
    const { clock, taskId } = this.#options
    if (position === undefined) return logStart
    const misfit = (why: string) =>
      new TaskCorruptedError(
        `task ${taskId}, store ${changelog.store}: ${why}; the state is wiped and restored`,
      )
    if (position.topicId !== changelog.topic.topicId) {
      throw misfit(`changelog ${changelog.topic.name} was deleted and created again`)
    }
    if (position.offset > end) {
      throw misfit(`position ${position.offset} is beyond the changelog's end ${end}`)
    }
    if (position.offset < end && position.offset < logStart) {
      throw misfit(`position ${position.offset} is before the changelog's start ${logStart}`)
    }
    if (position.offset < end && clock.now() - position.brokerTimeMs > TOMBSTONE_RETENTION_MS) {
      throw misfit('the position is older than tombstone retention')
    }
    return position.offset
  }

  async #restoreStore(changelog: Changelog, from: number, end: number): Promise<number> {
    const { broker, clock, partition, probe, signal, state, taskId } = this.#options
    const fetcher = broker.fetcher({ isolation: 'read_committed', partitionBytesMax: 1024 * 1024 })
    let position = from
    let applied = 0
    try {
      fetcher.assign([{ topic: changelog.topic.name, partition, offset: from }])
      while (position < end && !signal.aborted) {
        const { fetched, outOfRange } = await fetcher.poll(1000)
        if (outOfRange.length > 0) {
          throw new TaskCorruptedError(`task ${taskId}: changelog moved below ${position}`)
        }
        for (const stretch of fetched) {
          const rows = rowsOf(stretch)
          await probe?.('2-during-restore', taskId)
          await state.restore(changelog.store, rows, {
            topicId: changelog.topic.topicId,
            partition,
            offset: stretch.nextOffset,
            brokerTimeMs: clock.now(),
          })
          this.meter.advance(stretch.nextOffset - position)
          position = stretch.nextOffset
          applied += rows.length
        }
      }
    } finally {
      await fetcher.close()
    }
    return applied
  }
}

function rowsOf(stretch: Fetched): { key: ByteString; value: Buffer | null }[] {
  const rows: { key: ByteString; value: Buffer | null }[] = []
  for (const batch of stretch.batches) {
    batch.forEach((raw) => {
      const { buffer } = raw
      rows.push({
        key: buffer.toString('latin1', raw.keyStart, raw.keyEnd),
        value: raw.valueStart < 0 ? null : buffer.subarray(raw.valueStart, raw.valueEnd),
      })
    })
  }
  return rows
}
