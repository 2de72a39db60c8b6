import type { Broker, CommittedOffset, PartitionOffset } from '../broker/port.ts'
import { decodeCommitMetadata, RESET_PENDING } from './commit-metadata.ts'
import { RuntimeConfigError } from './errors.ts'
import type { Membership } from './task-committer.ts'
import type { TaskPlan } from './task-environment.ts'
import { formatTaskId } from './task-id.ts'

/**
 * Where a task goes on in each of its inputs: at the committed offset, or at the log's start.
 *
 * @param hash of the task's sub-topology (see topology-hash.ts)
 * @throws {RuntimeConfigError} the offsets are another topology's, or of half a reset
 */
export async function committedInputs(
  { id, inputs }: TaskPlan,
  hash: string,
  broker: Broker,
  membership: Membership,
): Promise<CommittedOffset[]> {
  const { partition } = id
  const partitions = inputs.map(({ topic }) => ({ topic, partition }))
  const committed = await membership.committed(partitions)
  for (const { metadata } of committed) checkMetadata(formatTaskId(id), metadata, hash)
  const starts = await broker.listOffsets(partitions, 'earliest')
  return partitions.map(({ topic }, i) => {
    const found = committed.find((each) => each.topic === topic && each.partition === partition)
    return found ?? { topic, partition, offset: starts[i]!.offset, metadata: '' }
  })
}

/** Committed offsets without what only tasks know to read in them. */
export function positionsOf(committed: readonly CommittedOffset[]): PartitionOffset[] {
  return committed.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
}

function checkMetadata(taskId: string, metadata: string, hash: string): void {
  if (metadata === RESET_PENDING) {
    throw new RuntimeConfigError(
      'a reset of this application was interrupted: repeat attribution-streams reset --execute',
    )
  }
  const { hash: found } = decodeCommitMetadata(metadata)
  if (found === null || found === hash) return
  throw new RuntimeConfigError(
    `task ${taskId} was left by another topology: its state does not fit this one. ` +
      'Run attribution-streams reset --execute, or start under another APPLICATION_ID',
  )
}
