import { TopicExistsError } from '../broker/errors.ts'
import type { Broker, TopicDescription, TopicSpec } from '../broker/port.ts'
import { resolvePartitionCounts } from '../topology/partition-counts.ts'
import type { BuiltSubTopology, BuiltTopology } from '../topology/nodes.ts'
import { RuntimeConfigError } from './errors.ts'
import {
  changelogConfig,
  changelogTopic,
  checkOwnSettings,
  checkTakesBatches,
  deadLetterConfig,
  deadLetterTopic,
  missingTopics,
  repartitionConfig,
  repartitionTopic,
} from './internal-topics.ts'
import type { TaskPlan } from './task-environment.ts'
import { formatTaskId } from './task-id.ts'
import { TopicIdentities } from './topic-identities.ts'
import { inputTopics, outputTopics } from './topology-topics.ts'

const CREATE_ATTEMPTS = 10

/** What a topic is to the application. */
export type TopicRole = 'input' | 'internal' | 'output'

export interface PlannedTopic extends TopicDescription {
  readonly role: TopicRole
}

/** Everything the topology needs of the broker's topics, resolved and checked. */
export interface TopicPlan {
  readonly tasks: ReadonlyMap<string, TaskPlan>
  /** Partitions of every topic known. */
  readonly partitionCounts: ReadonlyMap<string, number>
  /** What the application reads and writes, as it is at the start. */
  readonly topics: readonly PlannedTopic[]
  /** What an operator should know of the topics as they are. */
  readonly warnings: readonly string[]
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
  const outside = outsideTopics(topology)
  await createMissing(broker, external)
  const known = await describe(broker, outside)
  requireTopics(topology, known)
  const counts = new Map(known.map(({ name, partitions }) => [name, partitions]))
  const resolved = resolvePartitionCounts(topology, counts)
  const internal = internalTopics(applicationId, topology, resolved)
  await createMissing(broker, internal)
  const own = await broker.describeTopics(internal.map(({ name }) => name))
  const topics = [
    ...outsideOf(topology, known),
    ...own.map((topic) => ({ ...topic, role: 'internal' as const })),
  ]
  checkSettings(topics)
  const all = new Map([...known, ...own].map((topic) => [topic.name, topic]))
  return {
    tasks: layOutTasks(applicationId, topology, resolved.subTopologies, all),
    partitionCounts: new Map([...all].map(([name, { partitions }]) => [name, partitions])),
    topics,
    warnings: known.flatMap((topic) => retentionWarning(topology, topic)),
  }
}

function checkSettings(topics: readonly PlannedTopic[]): void {
  for (const topic of topics) {
    if (topic.role !== 'input') checkTakesBatches(topic)
    if (topic.role === 'internal') checkOwnSettings(topic)
  }
}

/** Topics of the outside that are read or written; one that is both counts as read. */
function outsideOf(topology: BuiltTopology, known: readonly TopicDescription[]): PlannedTopic[] {
  const names = known.map(({ name }) => name)
  const inputs = new Set(inputTopics(topology, names))
  for (const { topic } of topology.globalTables) inputs.add(topic)
  const outputs = new Set(outputTopics(topology))
  return known.flatMap((topic): PlannedTopic[] => {
    if (inputs.has(topic.name)) return [{ ...topic, role: 'input' }]
    return outputs.has(topic.name) ? [{ ...topic, role: 'output' }] : []
  })
}

/** Another instance that starts at the same time may create some of them first. */
async function createMissing(broker: Broker, wanted: readonly TopicSpec[]): Promise<void> {
  if (wanted.length === 0) return
  const names = wanted.map(({ name }) => name)
  for (let attempt = 1; ; attempt++) {
    const missing = missingTopics(wanted, await broker.describeTopics(names))
    if (missing.length === 0) return
    try {
      await broker.createTopics(missing)
      return
    } catch (error) {
      if (!(error instanceof TopicExistsError) || attempt === CREATE_ATTEMPTS) throw error
    }
  }
}

/** Null: only the list of all topics tells, since a source reads by a pattern. */
function outsideTopics({ globalTables, subTopologies }: BuiltTopology): string[] | null {
  const names = new Set(globalTables.map(({ topic }) => topic))
  for (const { sinks, sources } of subTopologies) {
    for (const { isRepartition, topic } of sinks) if (!isRepartition) names.add(topic)
    for (const source of sources) {
      if (source.isRepartition) continue
      if (source.pattern !== null) return null
      for (const topic of source.topics) names.add(topic)
    }
  }
  return [...names]
}

function describe(broker: Broker, names: readonly string[] | null): Promise<TopicDescription[]> {
  return names === null ? broker.describeTopics() : broker.describeTopics(names)
}

/** @throws {RuntimeConfigError} names everything that is missing, so that one round mends it */
function requireTopics(topology: BuiltTopology, known: readonly TopicDescription[]): void {
  const names = new Set(known.map(({ name }) => name))
  const missing = new Set<string>()
  for (const { sinks, sources } of topology.subTopologies) {
    for (const { isRepartition, topic } of sinks) {
      if (!isRepartition && !names.has(topic)) missing.add(topic)
    }
    for (const source of sources) {
      if (source.isRepartition) continue
      const found = source.matching(names)
      if (found.length === 0) missing.add(source.describeTopics())
      for (const topic of found) if (!names.has(topic)) missing.add(topic)
    }
  }
  for (const { topic } of topology.globalTables) if (!names.has(topic)) missing.add(topic)
  if (missing.size === 0) return
  throw new RuntimeConfigError(
    `these topics do not exist: ${[...missing].sort().join(', ')}; create them and start again, ` +
      'or let CREATE_TOPICS=all create them',
  )
}

/** Records carry event time: by it a broker deletes a replay of old data minutes after it came. */
function retentionWarning(topology: BuiltTopology, topic: TopicDescription): string[] {
  const { cleanupPolicy, retentionMs, timestampType } = topic.config
  const isRead = topology.subTopologies.some(({ sources }) =>
    sources.some(
      (source) => !source.isRepartition && source.matching([topic.name]).includes(topic.name),
    ),
  )
  if (!isRead || retentionMs < 0 || cleanupPolicy === 'compact') return []
  if (timestampType === 'log-append-time') return []
  return [
    `input topic ${topic.name} deletes by event time (retention.ms ${retentionMs}): records of ` +
      'old data vanish minutes after they are written; set message.timestamp.type=LogAppendTime ' +
      'or retention.ms=-1',
  ]
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
    const identities = new TopicIdentities([
      ...inputs.map(({ topic }) => topics.get(topic)!),
      ...changelogs.map(({ topic }) => topic),
    ])
    for (let partition = 0; partition < partitionCount; partition++) {
      const id = { subTopology: subTopology.id, partition }
      const plan = { id, subTopology, partitionCount, inputs, changelogs, identities }
      plans.set(formatTaskId(id), plan)
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
    for (const topic of names) inputs.push({ topic, source: source.name })
  }
  return inputs
}
