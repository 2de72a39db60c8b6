import type { Fetched, TopicDescription } from '../broker/port.ts'
import type { ByteString } from '../bytes/byte-string.ts'
import type { ChangelogPosition, ChangelogRow, TaskState } from '../state/task-state.ts'
import { TaskCorruptedError } from './errors.ts'

/** How long a changelog keeps tombstones: state older than this may miss deletions. */
const TOMBSTONE_RETENTION_MS = 24 * 60 * 60 * 1000

export interface Changelog {
  readonly store: string
  readonly topic: TopicDescription
}

/** The ends of a changelog's partition, as the broker has them. */
export interface ChangelogBounds {
  readonly start: number
  readonly end: number
}

/**
 * Where reading a changelog goes on, given the position kept beside a store's data.
 *
 * @throws {TaskCorruptedError} the position is of another topic id, beyond the end, before the
 *   log's start, or older than tombstone retention with something still to read
 */
export function changelogStart(
  taskId: string,
  { store, topic }: Changelog,
  position: ChangelogPosition | undefined,
  { start, end }: ChangelogBounds,
  nowMs: number,
): number {
  if (position === undefined) return start
  const misfit = (why: string) =>
    new TaskCorruptedError(
      `task ${taskId}, store ${store}: ${why}; the state is wiped and restored`,
    )
  if (position.topicId !== topic.topicId) {
    throw misfit(`changelog ${topic.name} was deleted and created again`)
  }
  if (position.offset > end) {
    throw misfit(`position ${position.offset} is beyond the changelog's end ${end}`)
  }
  if (position.offset < end && position.offset < start) {
    throw misfit(`position ${position.offset} is before the changelog's start ${start}`)
  }
  if (position.offset < end && nowMs - position.brokerTimeMs > TOMBSTONE_RETENTION_MS) {
    throw misfit('the position is older than tombstone retention')
  }
  return position.offset
}

/** The rows of a stretch of a changelog; values are views of its batches. */
export function changelogRows(stretch: Fetched): ChangelogRow[] {
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

/** How far a state is: the sum of its changelog positions; 0 when there is none yet. */
export function changelogProgress(state: TaskState | null): number {
  let sum = 0
  for (const { offset } of state?.positions().values() ?? []) sum += offset
  return sum
}
