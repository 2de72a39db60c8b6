import { TopologyError } from './errors.ts'
import { topicReadTwice } from './graph-checks.ts'
import type { BuiltSubTopology, BuiltTopology, SourceNode } from './nodes.ts'

/** Partition counts that follow from the topics that exist. */
export interface PartitionCounts {
  /** Tasks of each sub-topology, by id. */
  readonly subTopologies: ReadonlyMap<number, number>
  /** Partitions of each repartition topic, by the repartition's name. */
  readonly repartitions: ReadonlyMap<string, number>
}

/** A source of a sub-topology whose count is known, for messages. */
interface KnownCount {
  readonly what: string
  readonly partitions: number
}

/**
 * Derives how many partitions each sub-topology and repartition topic has.
 *
 * All sources of a sub-topology are co-partitioned: their counts are equal, for a task reads the
 * same partition of each. A source may demand a count. A repartition topic has the count asked
 * for, or adopts that of the other sources of its readers, or, where there are none, the greatest
 * of its writers.
 *
 * @param topicPartitions partitions of the outside topics that exist, by name
 * @throws {TopologyError} a source topic does not exist or has not the count demanded, two sources
 *   read one, counts of co-partitioned sources differ, or nothing says what a count should be
 */
export function resolvePartitionCounts(
  built: BuiltTopology,
  topicPartitions: ReadonlyMap<string, number>,
): PartitionCounts {
  const subTopologies = new Map<number, number>()
  checkReadOnce(built, topicPartitions)
  for (const subTopology of built.subTopologies) {
    const count = countOfSources(subTopology, topicPartitions)
    if (count !== undefined) subTopologies.set(subTopology.id, count)
  }
  adoptFromWriters(built, subTopologies)
  const repartitions = new Map<string, number>()
  for (const { id, sources } of built.subTopologies) {
    for (const { isRepartition, name } of sources) {
      if (isRepartition) repartitions.set(name, subTopologies.get(id)!)
    }
  }
  return { subTopologies, repartitions }
}

/** Patterns can only be compared over names that exist. */
function checkReadOnce(built: BuiltTopology, topics: ReadonlyMap<string, number>): void {
  const readers = new Map<string, string>()
  for (const source of built.subTopologies.flatMap(({ sources }) => sources)) {
    for (const topic of source.matching(topics.keys())) {
      const former = readers.get(topic)
      if (former !== undefined) throw topicReadTwice(topic, former, source.name)
      readers.set(topic, source.name)
    }
  }
}

/** @returns undefined when all sources are repartitions that ask for no count */
function countOfSources(
  subTopology: BuiltSubTopology,
  topics: ReadonlyMap<string, number>,
): number | undefined {
  const known = subTopology.sources.flatMap((source) => knownCounts(source, topics))
  const first = known[0]
  if (first === undefined) return undefined
  if (known.every(({ partitions }) => partitions === first.partitions)) return first.partitions
  const list = known.map(({ partitions, what }) => `${what} has ${partitions}`).join(', ')
  throw new TopologyError(
    'TOPOLOGY_PARTITION_COUNTS',
    `sub-topology ${subTopology.id} needs equal partition counts of its sources, since a task ` +
      `reads the same partition of each: ${list}. Create the topics with equal counts, or lead ` +
      'one through a repartition.',
    { node: subTopology.sources[0]!.name },
  )
}

function knownCounts(source: SourceNode, topics: ReadonlyMap<string, number>): KnownCount[] {
  if (source.isRepartition) {
    const { name, partitions } = source
    return partitions === null ? [] : [{ what: `repartition ${name}`, partitions }]
  }
  const names = source.matching(topics.keys())
  if (names.length === 0) {
    throw new TopologyError(
      'TOPOLOGY_UNKNOWN_TOPIC',
      `source ${source.name} reads ${source.describeTopics()}, which matches no topic. ` +
        'Create a topic that it matches, or correct the pattern.',
      { node: source.name },
    )
  }
  return names.map((topic) => {
    const partitions = topics.get(topic)
    if (partitions !== undefined) return countOfTopic(source, topic, partitions)
    throw new TopologyError(
      'TOPOLOGY_UNKNOWN_TOPIC',
      `source ${source.name} reads topic ${topic}, which does not exist. ` +
        'Create it, or correct the name.',
      { node: source.name, topic },
    )
  })
}

function countOfTopic(source: SourceNode, topic: string, partitions: number): KnownCount {
  if (source.partitions === null || source.partitions === partitions) {
    return { what: `topic ${topic}`, partitions }
  }
  throw new TopologyError(
    'TOPOLOGY_PARTITION_COUNTS',
    `source ${source.name} needs topic ${topic} to have ${source.partitions} ` +
      `${source.partitions === 1 ? 'partition' : 'partitions'}; it has ${partitions}. ` +
      'Delete the topic and create it so, or let it be created.',
    { node: source.name, topic },
  )
}

/**
 * Sub-topologies fed only by repartitions, from their writers on. Where writers wait for each
 * other in a ring, those already known decide.
 */
function adoptFromWriters(built: BuiltTopology, counts: Map<number, number>): void {
  const open = new Set(built.subTopologies.filter(({ id }) => !counts.has(id)))
  while (open.size > 0) {
    const next = nextToAdopt(built, open, counts)
    if (next === undefined) throw nothingSays([...open][0]!)
    const known = writersOf(built, next).flatMap(({ id }) => counts.get(id) ?? [])
    counts.set(next.id, Math.max(...known))
    open.delete(next)
  }
}

function nextToAdopt(
  built: BuiltTopology,
  open: ReadonlySet<BuiltSubTopology>,
  counts: ReadonlyMap<number, number>,
): BuiltSubTopology | undefined {
  let partlyKnown: BuiltSubTopology | undefined
  for (const candidate of open) {
    const writers = writersOf(built, candidate)
    const known = writers.filter(({ id }) => counts.has(id)).length
    if (known > 0 && known === writers.length) return candidate
    if (known > 0) partlyKnown ??= candidate
  }
  return partlyKnown
}

function nothingSays({ sources }: BuiltSubTopology): TopologyError {
  const names = sources.map(({ name }) => name).join(', ')
  return new TopologyError(
    'TOPOLOGY_PARTITION_COUNTS',
    `nothing says how many partitions the repartitions ${names} have: they only feed each ` +
      'other. Give one of them a count with `partitions`.',
    { node: sources[0]!.name },
  )
}

/** The other sub-topologies that write what this one reads. */
function writersOf(built: BuiltTopology, reader: BuiltSubTopology): BuiltSubTopology[] {
  const read = new Set(reader.sources.map(({ name }) => name))
  return built.subTopologies.filter(
    (writer) =>
      writer !== reader &&
      writer.sinks.some(({ isRepartition, name }) => isRepartition && read.has(name)),
  )
}
