import type { BuiltTopology, SourceNode } from '../topology/nodes.ts'
import { resolvePartitionCounts } from '../topology/partition-counts.ts'
import { deadLetterTopic, repartitionTopic } from './internal-topics.ts'
import { RecordQueue } from './record-queue.ts'
import type { DriverTaskPlan } from './test-driver-task.ts'
import { formatTaskId } from './task-id.ts'

export interface DriverLayoutOptions {
  readonly applicationId?: string
  readonly partitions?: number
  readonly topics?: readonly string[]
}

/** Topics, partitions and tasks of a test driver. */
export interface DriverLayout {
  readonly applicationId: string
  readonly partitionCounts: ReadonlyMap<string, number>
  readonly tasks: readonly DriverTaskPlan[]
  /** The queue that reads a partition; undefined: no source does. */
  queue(topic: string, partition: number): RecordQueue | undefined
  /** @throws {RangeError} the topology does not read the topic */
  inputPartitions(topic: string): number
}

/** @throws {TopologyError} partition counts do not fit */
export function layOutDriver(topology: BuiltTopology, options: DriverLayoutOptions): DriverLayout {
  const applicationId = options.applicationId ?? 'test'
  const outside = outsideTopics(topology, options.topics ?? [])
  const counts = new Map(outside.map((topic) => [topic, options.partitions ?? 1]))
  for (const { partitions, topics } of topology.subTopologies.flatMap(({ sources }) => sources)) {
    if (partitions !== null) for (const topic of topics) counts.set(topic, partitions)
  }
  const resolved = resolvePartitionCounts(topology, counts)
  for (const [name, partitions] of resolved.repartitions) {
    counts.set(repartitionTopic(applicationId, name), partitions)
  }
  counts.set(deadLetterTopic(applicationId), 1)
  const queues = new Map<string, RecordQueue>()
  const tasks: DriverTaskPlan[] = []
  for (const subTopology of topology.subTopologies) {
    const partitionCount = resolved.subTopologies.get(subTopology.id)!
    for (let partition = 0; partition < partitionCount; partition++) {
      const own = subTopology.sources.flatMap((source) =>
        topicsOf(source, applicationId, outside).map(
          (topic) => new RecordQueue(topic, partition, source.name, 0),
        ),
      )
      for (const queue of own) queues.set(`${queue.topic}-${partition}`, queue)
      const taskId = formatTaskId({ subTopology: subTopology.id, partition })
      tasks.push({ taskId, subTopology, partition, partitionCount, queues: own })
    }
  }
  const inputs = new Set([
    ...[...queues.values()].map(({ topic }) => topic),
    ...topology.globalTables.map(({ topic }) => topic),
  ])
  return {
    applicationId,
    partitionCounts: counts,
    tasks,
    queue: (topic, partition) => queues.get(`${topic}-${partition}`),
    inputPartitions: (topic) => {
      if (inputs.has(topic)) return counts.get(topic)!
      const known = [...inputs].join(', ')
      throw new RangeError(`the topology does not read topic ${topic}; it reads: ${known}`)
    },
  }
}

function topicsOf(source: SourceNode, applicationId: string, outside: readonly string[]): string[] {
  if (source.isRepartition) return [repartitionTopic(applicationId, source.name)]
  return source.matching(outside)
}

function outsideTopics(topology: BuiltTopology, further: readonly string[]): string[] {
  const { globalTables, subTopologies } = topology
  const read = subTopologies.flatMap(({ sources }) => sources.flatMap(({ topics }) => topics))
  const written = subTopologies.flatMap(({ sinks }) =>
    sinks.filter(({ isRepartition }) => !isRepartition).map(({ topic }) => topic),
  )
  const tables = globalTables.map(({ topic }) => topic)
  return [...new Set([...read, ...written, ...tables, ...further])]
}
