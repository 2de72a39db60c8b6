import type { Broker, CommittedOffset, TopicPartition } from '../broker/port.ts'
import type { BuiltTopology } from '../topology/nodes.ts'
import { RESET_PENDING } from './commit-metadata.ts'
import { nameOf, offsetsByName } from './committed-records.ts'
import { RuntimeConfigError } from './errors.ts'
import { inputTopics, outputTopics, stateTopics } from './topology-topics.ts'

export type ResetTarget =
  | { readonly to: 'earliest' }
  | { readonly to: 'offset'; readonly offset: number }
  | { readonly to: 'time'; readonly timestampMs: number }

/** Which inputs go to the target; the rest is as `others` says. */
export interface ResetSelection {
  /** Absent: all inputs of the topology. */
  readonly topics?: readonly string[]
  /** Of each of the topics; absent: all of theirs. */
  readonly partitions?: readonly number[]
  /**
   * What inputs outside the selection do, whose effects the deleted state loses too: `earliest`
   * reads them again, `stay` goes on without what they brought so far.
   */
  readonly others?: 'earliest' | 'stay'
}

export interface ResetOptions {
  readonly applicationId: string
  readonly topology: BuiltTopology
  readonly broker: Broker
  readonly target: ResetTarget
  readonly selection?: ResetSelection
  /** Removes the local state of every task. */
  readonly wipeState: () => Promise<void>
}

export interface PlannedOffset extends TopicPartition {
  /** Null: nothing committed yet. */
  readonly from: number | null
  readonly to: number
  /** Offsets before `to` that the log still has: their effects will not be in the new state. */
  readonly leftOut: number
}

/** What a reset would do, for people to read before it happens. */
export interface ResetPlan {
  readonly applicationId: string
  /** Every input partition. */
  readonly offsets: readonly PlannedOffset[]
  /** Internal topics that are deleted; the next start creates them anew. */
  readonly deletedTopics: readonly string[]
  /** Topics that keep what was published, and get it once more from what is read again. */
  readonly outputTopics: readonly string[]
}

/**
 * Works out a reset without doing anything.
 *
 * State is one for all inputs and is deleted whole. So inputs outside the selection cannot just
 * stay: what they brought would be forgotten. The caller has to say which it is to be.
 * @throws {RuntimeConfigError} the selection is no input of the topology, or leaves inputs out
 *   without a word on them
 */
export async function planReset(options: ResetOptions): Promise<ResetPlan> {
  const { applicationId, broker, selection = {}, topology } = options
  const existing = await broker.describeTopics()
  const names = existing.map(({ name }) => name)
  const inputs = inputTopics(topology, names)
  const all = existing
    .filter(({ name }) => inputs.includes(name))
    .flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
    )
  const isSelected = selectFrom(all, inputs, selection)
  const starts = offsetsByName(await broker.listOffsets(all, 'earliest'))
  const selected = all.filter(isSelected)
  const targets = await targetOffsets(broker, selected, options.target)
  const committed = offsetsByName(await broker.groupAdmin(applicationId).committed())
  const offsets = all.map((at) => {
    const start = starts.get(nameOf(at))!
    const from = committed.get(nameOf(at)) ?? null
    const stays = !isSelected(at) && selection.others === 'stay'
    const to = targets.get(nameOf(at)) ?? (stays ? (from ?? start) : start)
    return { ...at, from, to, leftOut: Math.max(0, to - start) }
  })
  return {
    applicationId,
    offsets,
    deletedTopics: stateTopics(applicationId, topology).filter((topic) => names.includes(topic)),
    outputTopics: outputTopics(topology),
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

/** @throws {RuntimeConfigError} see {@link planReset} */
function selectFrom(
  all: readonly TopicPartition[],
  inputs: readonly string[],
  { others, partitions, topics = inputs }: ResetSelection,
): (at: TopicPartition) => boolean {
  const unknown = topics.filter((topic) => !inputs.includes(topic))
  if (unknown.length > 0) {
    throw new RuntimeConfigError(
      `not an input of the topology: ${unknown.join(', ')}; inputs are ${inputs.join(', ')}`,
    )
  }
  const known = new Set(all.map(nameOf))
  const absent = topics.flatMap((topic) =>
    (partitions ?? []).map((partition) => nameOf({ topic, partition })),
  )
  const missing = absent.filter((name) => !known.has(name))
  if (missing.length > 0) throw new RuntimeConfigError(`no such partition: ${missing.join(', ')}`)
  const isSelected = ({ topic, partition }: TopicPartition): boolean =>
    topics.includes(topic) && (partitions === undefined || partitions.includes(partition))
  const rest = all.filter((at) => !isSelected(at))
  if (rest.length > 0 && others === undefined) {
    throw new RuntimeConfigError(
      `${rest.length} of ${all.length} input partitions are not selected, but the state is ` +
        'deleted whole: give --others earliest to read them again too, or --others stay to go on ' +
        'without what they brought so far',
    )
  }
  return isSelected
}

/** Offsets out of range are moved to the nearest that exist: a reset never points at nothing. */
async function targetOffsets(
  broker: Broker,
  partitions: readonly TopicPartition[],
  target: ResetTarget,
): Promise<ReadonlyMap<string, number>> {
  if (target.to === 'time') {
    const { timestampMs } = target
    return offsetsByName(await broker.listOffsets(partitions, { timestampMs }))
  }
  const starts = offsetsByName(await broker.listOffsets(partitions, 'earliest'))
  if (target.to === 'earliest') return starts
  const ends = await broker.listOffsets(partitions, 'latest')
  return new Map(
    ends.map((end) => {
      const offset = Math.min(Math.max(target.offset, starts.get(nameOf(end))!), end.offset)
      return [nameOf(end), offset]
    }),
  )
}
