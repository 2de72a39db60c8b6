import type { Broker, TopicDescription, TopicSpec } from '../broker/port.ts'
import { resolvePartitionCounts } from '../topology/partition-counts.ts'
import type { BuiltSubTopology, BuiltTopology } from '../topology/nodes.ts'
import { RuntimeConfigError } from './errors.ts'
import {
  changelogConfig,
  changelogTopic,
  deadLetterConfig,
  deadLetterTopic,
  missingTopics,
  repartitionConfig,
  repartitionTopic,
} from './internal-topics.ts'
import type { TaskPlan } from './task-environment.ts'
import { formatTaskId } from './task-id.ts'

/** Everything the topology needs of the broker's topics, resolved and checked. */
export interface TopicPlan {
  readonly tasks: ReadonlyMap<string, TaskPlan>
  /** Partitions of every topic known. */
  readonly partitionCounts: ReadonlyMap<string, number>
}

/**
 * Creates what is missing, checks what is there, and lays out the tasks.
 *
 * @param external topics of the outside (inputs and outputs) to create when absent; on a broker
 *   whose operator creates topics, none
 * @throws {RuntimeConfigError} a topic is missing or does not fit: nothing was started
 */
export async function planTopics(
  applicationId: string,
  topology: BuiltTopology,
  broker: Broker,
  external: readonly TopicSpec[],
): Promise<TopicPlan> {
  const existing = await broker.describeTopics()
  const missing = missingTopics(external, existing)
  if (missing.length > 0) await broker.createTopics(missing)
  const known = await broker.describeTopics()
  const counts = new Map(known.map(({ name, partitions }) => [name, partitions]))
  const resolved = resolvePartitionCounts(topology, counts)
  const internal = internalTopics(applicationId, topology, resolved)
  const absent = missingTopics(internal, known)
  if (absent.length > 0) await broker.createTopics(absent)
  const all = new Map((await broker.describeTopics()).map((topic) => [topic.name, topic]))
  requireSinks(topology, all)
  return {
    tasks: layOutTasks(applicationId, topology, resolved.subTopologies, all),
    partitionCounts: new Map([...all].map(([name, { partitions }]) => [name, partitions])),
  }
}

interface ResolvedCounts {
  readonly subTopologies: ReadonlyMap<number, number>
  readonly repartitions: ReadonlyMap<string, number>
}

function internalTopics(
  applicationId: string,
  topology: BuiltTopology,
  counts: ResolvedCounts,
): TopicSpec[] {
  const specs: TopicSpec[] = [
    { name: deadLetterTopic(applicationId), partitions: 1, config: deadLetterConfig },
  ]
  for (const [name, partitions] of counts.repartitions) {
    const topic = repartitionTopic(applicationId, name)
    specs.push({ name: topic, partitions, config: repartitionConfig })
  }
  for (const subTopology of topology.subTopologies) {
    const partitions = counts.subTopologies.get(subTopology.id)!
    for (const store of subTopology.stores) {
      const topic = changelogTopic(applicationId, store.name)
      specs.push({ name: topic, partitions, config: changelogConfig })
    }
  }
  return specs
}

function layOutTasks(
  applicationId: string,
  topology: BuiltTopology,
  counts: ReadonlyMap<number, number>,
  topics: ReadonlyMap<string, TopicDescription>,
): Map<string, TaskPlan> {
  const plans = new Map<string, TaskPlan>()
  for (const subTopology of topology.subTopologies) {
    const partitionCount = counts.get(subTopology.id)!
    const inputs = inputsOf(applicationId, subTopology, topics)
    const changelogs = subTopology.stores.map((store) => ({
      store: store.name,
      topic: topics.get(changelogTopic(applicationId, store.name))!,
    }))
    for (let partition = 0; partition < partitionCount; partition++) {
      const id = { subTopology: subTopology.id, partition }
      plans.set(formatTaskId(id), { id, subTopology, partitionCount, inputs, changelogs })
    }
  }
  return plans
}

function inputsOf(
  applicationId: string,
  subTopology: BuiltSubTopology,
  topics: ReadonlyMap<string, TopicDescription>,
): { topic: string; source: string }[] {
  const inputs: { topic: string; source: string }[] = []
  for (const source of subTopology.sources) {
    const names = source.isRepartition
      ? [repartitionTopic(applicationId, source.name)]
      : source.matching([...topics.keys()])
    if (names.length === 0 || names.some((name) => !topics.has(name))) {
      const wanted = source.describeTopics()
      throw new RuntimeConfigError(
        `source ${source.name} reads ${wanted}, which does not exist: create it, then start again`,
      )
    }
    for (const topic of names) inputs.push({ topic, source: source.name })
  }
  return inputs
}

function requireSinks(
  topology: BuiltTopology,
  topics: ReadonlyMap<string, TopicDescription>,
): void {
  for (const subTopology of topology.subTopologies) {
    for (const sink of subTopology.sinks) {
      if (!sink.isRepartition && !topics.has(sink.topic)) {
        throw new RuntimeConfigError(
          `sink ${sink.name} writes to ${sink.topic}, which does not exist: create it first`,
        )
      }
    }
  }
}
