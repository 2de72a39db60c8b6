import type { Broker, TopicConfig, TopicSpec } from '../../broker/port.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import type { OffsetRange } from '../committed-records.ts'
import { RuntimeConfigError } from '../errors.ts'
import { inputTopics, outputTopics, ownedTopics } from '../topology-topics.ts'
import { resolveRanges, type RangeBounds } from './replay-range.ts'

export interface ReplayTarget {
  /** The application whose inputs are replayed. */
  readonly applicationId: string
  /** Application id of the replay. */
  readonly name: string
  readonly topology: BuiltTopology
  readonly broker: Broker
}

export interface ReplayPlan {
  readonly name: string
  /** The topology with the outputs of the replay. */
  readonly topology: BuiltTopology
  /** Every input partition, empty ranges too. */
  readonly ranges: readonly OffsetRange[]
  readonly bounds: RangeBounds
  /** Outputs of the replay, to be created. */
  readonly outputs: readonly TopicSpec[]
}

/** A replay is compared long after the times that its records carry. */
const outputConfig: TopicConfig = { retentionMs: -1, retentionBytes: -1 }

/**
 * Works out a replay without doing anything.
 * @throws {RuntimeConfigError} the name is taken, or there is nothing in the range
 */
export async function planReplay(target: ReplayTarget, bounds: RangeBounds): Promise<ReplayPlan> {
  const { broker, name, topology } = target
  const existing = await broker.describeTopics()
  const names = existing.map((topic) => topic.name)
  const live = inputTopics(topology, names)
  await requireFree(target, names)
  const inputs = existing.filter((topic) => live.includes(topic.name))
  const ranges = await resolveRanges(broker, inputs, bounds)
  if (ranges.every(({ from, to }) => from === to)) {
    throw new RuntimeConfigError(`nothing lies in the range of ${live.join(', ')}`)
  }
  const most = Math.max(...inputs.map(({ partitions }) => partitions))
  const outputs = outputTopics(topology).map((topic) => ({
    name: replayTopic(name, topic),
    // As many as the live topic has, so that keys lie in partitions of the same number.
    partitions: existing.find((each) => each.name === topic)?.partitions ?? most,
    config: outputConfig,
  }))
  return { name, topology: withOutputsOf(name, topology), ranges, bounds, outputs }
}

/** The topic to which a replay writes what goes to `topic` live. */
export function replayTopic(name: string, topic: string): string {
  return `${name}.${topic}`
}

/** Every topic that a replay may have made. */
export function replayTopics(name: string, topology: BuiltTopology): string[] {
  const outputs = outputTopics(topology).map((topic) => replayTopic(name, topic))
  return [...outputs, ...ownedTopics(name, topology)]
}

function withOutputsOf(name: string, topology: BuiltTopology): BuiltTopology {
  return {
    ...topology,
    subTopologies: topology.subTopologies.map((subTopology) => ({
      ...subTopology,
      sinks: subTopology.sinks.map((sink) =>
        sink.isRepartition ? sink : { ...sink, topic: replayTopic(name, sink.topic) },
      ),
    })),
  }
}

async function requireFree(
  { applicationId, broker, name, topology }: ReplayTarget,
  existing: readonly string[],
): Promise<void> {
  if (name === applicationId) {
    throw new RuntimeConfigError(`${name} is the live application: give the replay another name`)
  }
  const wanted = replayTopics(name, topology)
  const taken = wanted.filter((topic) => existing.includes(topic))
  if (taken.length > 0) {
    throw new RuntimeConfigError(
      `the name ${name} is taken: ${taken.join(', ')} exist; choose another, or delete what an ` +
        `earlier replay left: attribution-streams replay --as ${name} --discard`,
    )
  }
  const read = inputTopics(topology, wanted).filter((topic) => wanted.includes(topic))
  if (read.length > 0) {
    throw new RuntimeConfigError(
      `the live application would read ${read.join(', ')}, which its pattern of topics matches: ` +
        'choose another name',
    )
  }
  const admin = broker.groupAdmin(name)
  const [members, committed] = [await admin.members(), await admin.committed()]
  if (members.length > 0 || committed.length > 0) {
    throw new RuntimeConfigError(`the name ${name} is taken by a consumer group: choose another`)
  }
}
