import type { Broker, CommittedOffset, PartitionOffset } from '../broker/port.ts'
import {
  decodeCommitMetadata,
  encodeCommitMetadata,
  lastCommitNumber,
  RESET_PENDING,
} from './commit-metadata.ts'
import { committedRecords, offsetsByName, nameOf } from './committed-records.ts'
import { RuntimeConfigError } from './errors.ts'
import type { RecordQueue } from './record-queue.ts'
import type { Membership } from './task-committer.ts'
import type { TaskPlan } from './task-environment.ts'
import { formatTaskId } from './task-id.ts'
import { TopicIdentities } from './topic-identities.ts'

export interface CommittedInputsOptions {
  readonly plan: TaskPlan
  /** Of the task's sub-topology (see topology-hash.ts). */
  readonly hash: string
  readonly broker: Broker
  readonly membership: Membership
  /** Whether state and offsets are committed together, so that neither is without the other. */
  readonly isExactlyOnce: boolean
}

/**
 * Where a task goes on in each of its inputs: at the committed offset, or at the log's start.
 *
 * I1. From the log's start only what is new to the task is read: positions that expired, or went
 *     with a topic that was deleted, would count what the state has counted before.
 * I2. Positions and state of a topic that has been created again since are refused: they are of
 *     other records.
 *
 * @throws {RuntimeConfigError} the offsets are another topology's, of half a reset, or do not fit
 *   the topics or the state: nothing was processed
 */
export async function committedInputs(options: CommittedInputsOptions): Promise<CommittedOffset[]> {
  const { broker, hash, isExactlyOnce, membership, plan } = options
  const { partition } = plan.id
  const partitions = plan.inputs.map(({ topic }) => ({ topic, partition }))
  const committed = await membership.committed(partitions)
  for (const { metadata } of committed) checkMetadata(plan, metadata, hash)
  const known = new Map(committed.map((offset) => [nameOf(offset), offset]))
  const lost = partitions.filter(
    (at) =>
      !known.has(nameOf(at)) && committed.some(({ metadata }) => knewTopic(metadata, at.topic)),
  )
  if (lost.length > 0) throw positionsLost(plan, lost.map(nameOf))
  if (isExactlyOnce && committed.length === 0 && (await hasState(plan, broker))) {
    throw positionsLost(plan, partitions.map(nameOf))
  }
  const starts = offsetsByName(await broker.listOffsets(partitions, 'earliest'))
  return partitions.map((at) => {
    const offset = starts.get(nameOf(at))!
    return known.get(nameOf(at)) ?? { ...at, offset, metadata: '' }
  })
}

/**
 * Where a task stands, to be committed.
 * @param queues in the order of `committed`, the task's last
 */
export function offsetsToCommit(
  queues: readonly RecordQueue[],
  committed: readonly CommittedOffset[],
  shape: { readonly streamTimeMs: number; readonly hash: string; readonly topics: string },
): CommittedOffset[] {
  const number = lastCommitNumber(committed.map((former) => former.metadata)) + 1
  const metadata = encodeCommitMetadata({ ...shape, number })
  return queues.map(({ topic, partition, nextOffset }) => {
    return { topic, partition, offset: nextOffset, metadata }
  })
}

/** Committed offsets without what only tasks know to read in them. */
export function positionsOf(committed: readonly CommittedOffset[]): PartitionOffset[] {
  return committed.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
}

function checkMetadata({ id, identities }: TaskPlan, metadata: string, hash: string): void {
  if (metadata === RESET_PENDING) {
    throw new RuntimeConfigError(
      'a reset of this application was interrupted: repeat attribution-streams reset --execute',
    )
  }
  const taskId = formatTaskId(id)
  const { hash: found, topics } = decodeCommitMetadata(metadata)
  if (found !== null && found !== hash) {
    throw new RuntimeConfigError(
      `task ${taskId} was left by another topology: its state does not fit this one. ` +
        'Run attribution-streams reset --execute, or start under another APPLICATION_ID',
    )
  }
  const replaced = identities.replacedSince(topics)
  if (replaced.length === 0) return
  throw new RuntimeConfigError(
    `task ${taskId}: ${replaced.join(', ')} was deleted and created again since the last commit: ` +
      'positions and state are of what it held before. Run attribution-streams reset ' +
      '--to-earliest --execute, or start under another APPLICATION_ID',
  )
}

function knewTopic(metadata: string, topic: string): boolean {
  return TopicIdentities.knew(decodeCommitMetadata(metadata).topics, topic)
}

/** Whether anything committed is in the task's changelogs. */
async function hasState({ changelogs, id }: TaskPlan, broker: Broker): Promise<boolean> {
  const at = changelogs.map(({ topic }) => ({ topic: topic.name, partition: id.partition }))
  const starts = await broker.listOffsets(at, 'earliest')
  const ends = offsetsByName(await broker.listOffsets(at, 'latest', 'read_committed'))
  const ranges = starts.map(({ topic, partition, offset: from }) => {
    return { topic, partition, from, to: ends.get(nameOf({ topic, partition }))! }
  })
  for await (const { records } of committedRecords(broker, ranges)) {
    if (records.length > 0) return true
  }
  return false
}

function positionsLost({ id }: TaskPlan, inputs: readonly string[]): RuntimeConfigError {
  return new RuntimeConfigError(
    `task ${formatTaskId(id)} has state, but its positions in ${inputs.join(', ')} are gone: they ` +
      'expired while every instance was stopped (offsets.retention.minutes of the brokers), or ' +
      'went with a topic that was deleted. To begin again, run attribution-streams reset ' +
      '--to-earliest --execute, or start under another APPLICATION_ID',
  )
}
