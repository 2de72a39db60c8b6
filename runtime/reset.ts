import type { Broker, CommittedOffset, PartitionOffset, TopicPartition } from '../broker/port.ts'
import type { BuiltTopology } from '../topology/nodes.ts'
import { RESET_PENDING } from './commit-metadata.ts'
import { RuntimeConfigError } from './errors.ts'
import { changelogTopic, repartitionTopic } from './internal-topics.ts'

export type ResetTarget =
  | { readonly to: 'earliest' }
  | { readonly to: 'offset'; readonly offset: number }
  | { readonly to: 'time'; readonly timestampMs: number }

export interface ResetOptions {
  readonly applicationId: string
  readonly topology: BuiltTopology
  readonly broker: Broker
  readonly target: ResetTarget
  /** Input topics to move; absent: all inputs of the topology. */
  readonly topics?: readonly string[]
  /** Removes the local state of every task. */
  readonly wipeState: () => Promise<void>
}

/** What a reset would do, for people to read before it happens. */
export interface ResetPlan {
  readonly applicationId: string
  readonly offsets: readonly {
    readonly topic: string
    readonly partition: number
    /** Null: nothing committed yet. */
    readonly from: number | null
    readonly to: number
  }[]
  /** Internal topics that are deleted; the next start creates them anew. */
  readonly deletedTopics: readonly string[]
}

/**
 * Works out a reset without doing anything.
 * @throws {RuntimeConfigError} a topic is not an input of the topology
 */
export async function planReset(options: ResetOptions): Promise<ResetPlan> {
  const { applicationId, broker, topology } = options
  const existing = await broker.describeTopics()
  const names = existing.map(({ name }) => name)
  const inputs = inputTopics(topology, names)
  const unknown = options.topics?.filter((topic) => !inputs.includes(topic)) ?? []
  if (unknown.length > 0) {
    throw new RuntimeConfigError(
      `not an input of the topology: ${unknown.join(', ')}; inputs are ${inputs.join(', ')}`,
    )
  }
  const moved = existing.filter(({ name }) => (options.topics ?? inputs).includes(name))
  const partitions = moved.flatMap(({ name, partitions: count }) =>
    Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
  )
  const targets = await targetOffsets(broker, partitions, options.target)
  const committed = await broker.groupAdmin(applicationId).committed()
  const internal = internalTopics(applicationId, topology)
  return {
    applicationId,
    offsets: targets.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      from: committed.find((c) => c.topic === topic && c.partition === partition)?.offset ?? null,
      to: offset,
    })),
    deletedTopics: internal.filter((topic) => names.includes(topic)),
  }
}

/**
 * Carries a plan out.
 *
 * The steps cannot be one transaction, so the offsets are first marked as pending; a start that
 * meets the mark refuses and names this command, and the command may be repeated.
 * @throws {GroupNotEmptyError} a member is alive: stop the instances first; nothing was changed
 */
export async function executeReset(options: ResetOptions, plan: ResetPlan): Promise<void> {
  const { applicationId, broker, wipeState } = options
  const admin = broker.groupAdmin(applicationId)
  const marked = (metadata: string): CommittedOffset[] =>
    plan.offsets.map(({ topic, partition, to }) => ({ topic, partition, offset: to, metadata }))
  await admin.alterOffsets(marked(RESET_PENDING))
  if (plan.deletedTopics.length > 0) await broker.deleteTopics(plan.deletedTopics)
  const stale = (await admin.committed()).filter(({ topic }) => plan.deletedTopics.includes(topic))
  if (stale.length > 0) await admin.deleteOffsets(stale)
  await wipeState()
  await admin.alterOffsets(marked(''))
}

function inputTopics(topology: BuiltTopology, names: readonly string[]): string[] {
  const sources = topology.subTopologies.flatMap((subTopology) => subTopology.sources)
  return sources.flatMap((source) => (source.isRepartition ? [] : source.matching(names)))
}

function internalTopics(applicationId: string, topology: BuiltTopology): string[] {
  return topology.subTopologies.flatMap(({ sources, stores }) => [
    ...stores.map(({ name }) => changelogTopic(applicationId, name)),
    ...sources
      .filter(({ isRepartition }) => isRepartition)
      .map(({ name }) => repartitionTopic(applicationId, name)),
  ])
}

/** Offsets out of range are moved to the nearest that exist: a reset never points at nothing. */
async function targetOffsets(
  broker: Broker,
  partitions: readonly TopicPartition[],
  target: ResetTarget,
): Promise<PartitionOffset[]> {
  if (target.to === 'time') {
    return broker.listOffsets(partitions, { timestampMs: target.timestampMs })
  }
  const starts = await broker.listOffsets(partitions, 'earliest')
  if (target.to === 'earliest') return starts
  const ends = await broker.listOffsets(partitions, 'latest')
  return starts.map((start, i) => ({
    ...start,
    offset: Math.min(Math.max(target.offset, start.offset), ends[i]!.offset),
  }))
}
